"""Which kinds a cluster serves, and where.

Aggregated discovery (two requests) where the API server has it, else one request per group version. A group
whose add-on server does not answer is *stale*: what it served before is kept, and what is not known of it is
unknown, not gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from cantata.core.model.objects import GVK, Resource
from cantata.kube import errors
from cantata.kube.errors import ClusterProtocolError, KubeError
from cantata.kube.status import Target
from cantata.kube.transport import JSON, Answer, Transport
from cantata.kube.wire import UNREADABLE

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
ACCEPT = f"{_AGGREGATED.format('v2')},{_AGGREGATED.format('v2beta1')},{JSON}"


class GroupVersion(msgspec.Struct, frozen=True):
    """One version of one group. `kinds` also has those of subresources, as Helm's capabilities do."""

    group: str
    version: str
    resources: tuple[Resource, ...] = ()
    kinds: tuple[str, ...] = ()
    stale: bool = False

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


class Discovery:
    """A snapshot. Versions of a group stand in the server's order of preference."""

    def __init__(self, versions: Iterable[GroupVersion]) -> None:
        self.versions = tuple(versions)
        self._exact: dict[GVK, Resource] = {}
        self._preferred: dict[tuple[str, str], Resource] = {}
        for version in self.versions:
            for resource in version.resources:
                gvk = resource.gvk
                self._exact.setdefault(gvk, resource)
                self._preferred.setdefault((gvk.group, gvk.kind), resource)

    def find(self, group: str, kind: str, version: str = "") -> Resource | None:
        """With `version` that one only, else the preferred one that serves the kind."""
        if version:
            return self._exact.get(GVK(group, version, kind))
        return self._preferred.get((group, kind))

    def is_stale(self, group: str, version: str = "") -> bool:
        return any(
            known.stale
            for known in self.versions
            if known.group == group and (not version or known.version == version)
        )

    @property
    def api_versions(self) -> tuple[str, ...]:
        """`apps/v1` and `apps/v1/Deployment`, sorted."""
        names = {version.api_version for version in self.versions}
        names |= {f"{version.api_version}/{kind}" for version in self.versions for kind in version.kinds}
        return tuple(sorted(names))

    def filled_from(self, earlier: Discovery) -> Discovery:
        """Stale group versions without content keep what they had in `earlier`."""
        known = {(version.group, version.version): version for version in earlier.versions}

        def filled(version: GroupVersion) -> GroupVersion:
            before = known.get((version.group, version.version))
            if version.stale and not version.resources and before:
                return msgspec.structs.replace(before, stale=True)
            return version

        return Discovery(filled(version) for version in self.versions)


class _Kind(msgspec.Struct, frozen=True, rename="camel"):
    kind: str = ""
    group: str = ""
    version: str = ""


class _Subresource(msgspec.Struct, frozen=True, rename="camel"):
    subresource: str
    response_kind: _Kind | None = None


class _Resource(msgspec.Struct, frozen=True, rename="camel"):
    resource: str
    scope: str = ""
    response_kind: _Kind | None = None
    verbs: tuple[str, ...] = ()
    subresources: tuple[_Subresource, ...] = ()


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    version: str
    resources: tuple[_Resource, ...] = ()
    freshness: str = ""


class _Name(msgspec.Struct, frozen=True):
    name: str = ""


class _Group(msgspec.Struct, frozen=True):
    metadata: _Name = _Name()
    versions: tuple[_Version, ...] = ()


class _GroupDiscoveryList(msgspec.Struct, frozen=True):
    kind: Literal["APIGroupDiscoveryList"]
    items: tuple[_Group, ...] = ()


class _OldVersion(msgspec.Struct, frozen=True, rename="camel"):
    version: str


class _OldGroup(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    versions: tuple[_OldVersion, ...] = ()
    preferred_version: _OldVersion | None = None


class _OldGroupList(msgspec.Struct, frozen=True):
    kind: Literal["APIGroupList"]
    groups: tuple[_OldGroup, ...] = ()


class _OldCore(msgspec.Struct, frozen=True):
    kind: Literal["APIVersions"]
    versions: tuple[str, ...] = ()


class _OldResource(msgspec.Struct, frozen=True):
    name: str
    kind: str
    namespaced: bool = False
    verbs: tuple[str, ...] | None = None


class _OldResourceList(msgspec.Struct, frozen=True):
    kind: Literal["APIResourceList"]
    resources: tuple[_OldResource, ...] | None = None


class Discoverer:
    """Asks the API server. Remembers the entity tags, so that nothing new costs next to nothing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._target = Target(transport.name, "discover")
        self._answers: dict[str, Answer] = {}

    async def discover(self, earlier: Discovery | None) -> Discovery:
        """Raises the errors of the transport, and `ClusterProtocolError` where no Kubernetes API answers. A
        failing group is borne, as stale."""
        core, groups = await asyncio.gather(self._ask("/api"), self._ask("/apis"))
        found = [*(await self._versions(core, "/api")), *(await self._versions(groups, "/apis"))]
        fresh = Discovery(found)
        return fresh.filled_from(earlier) if earlier else fresh

    async def _ask(self, path: str) -> Answer:
        known = self._answers.get(path)
        etag = known.headers.get("ETag", "") if known else ""
        answer = await self._transport.request("GET", path, self._target, accept=ACCEPT, etag=etag)
        if answer.status == 304 and known:
            return known
        self._answers[path] = answer
        return answer

    async def _versions(self, answer: Answer, path: str) -> list[GroupVersion]:
        try:
            if b"APIGroupDiscoveryList" in answer.body[:200]:
                return list(_from_aggregated(msgspec.json.decode(answer.body, type=_GroupDiscoveryList)))
            if path == "/api":
                core = msgspec.json.decode(answer.body, type=_OldCore)
                pairs = [("", version) for version in core.versions]
            else:
                pairs = list(_in_preference(msgspec.json.decode(answer.body, type=_OldGroupList)))
        except UNREADABLE as error:
            raise ClusterProtocolError(
                f"{self._target.subject}: its discovery at {path} cannot be read: {error}",
                subject=self._target.subject,
            ) from error
        return list(await asyncio.gather(*(self._old_version(group, version) for group, version in pairs)))

    async def _old_version(self, group: str, version: str) -> GroupVersion:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            answer = await self._transport.request("GET", path, self._target)
            decoded = msgspec.json.decode(answer.body, type=_OldResourceList)
        except (
            errors.ClusterFailing,
            errors.ClusterProtocolError,
            errors.GroupUnavailable,
            *UNREADABLE,
        ):
            return GroupVersion(group, version, stale=True)
        return _from_old(group, version, decoded)


def not_served(group: str, kind: str, version: str, discovery: Discovery, cluster: str) -> KubeError:
    """Why a kind was not found: the group does not answer, or there is no such kind."""
    wanted = f"{kind} of {'/'.join(part for part in (group, version) if part) or 'the core group'}"
    if discovery.is_stale(group, version):
        return errors.GroupUnavailable(
            f"cluster {cluster}: whether it serves {wanted} is unknown: that group's server does not answer",
            subject=wanted,
            hint=f"Look at the APIServices of the group {group}.",
        )
    served = sorted({v.api_version for v in discovery.versions if kind in v.kinds})
    return errors.KindNotServed(
        f"cluster {cluster} does not serve {wanted}",
        subject=wanted,
        hint=f"It serves {kind} in {', '.join(served)}." if served else "Is its CRD installed?",
    )


def _from_aggregated(found: _GroupDiscoveryList) -> Iterator[GroupVersion]:
    for group in found.items:
        name = group.metadata.name
        for version in group.versions:
            resources, kinds = [], []
            for entry in version.resources:
                kinds += [sub.response_kind.kind for sub in entry.subresources if sub.response_kind]
                if entry.response_kind is None or not entry.response_kind.kind:
                    continue
                kinds.append(entry.response_kind.kind)
                resources.append(
                    Resource(
                        GVK(name, version.version, entry.response_kind.kind),
                        entry.resource,
                        entry.scope == "Namespaced",
                        entry.verbs,
                        tuple(sub.subresource for sub in entry.subresources),
                    )
                )
            stale = version.freshness == "Stale"
            yield GroupVersion(name, version.version, tuple(resources), tuple(filter(None, kinds)), stale)


def _in_preference(found: _OldGroupList) -> Iterator[tuple[str, str]]:
    for group in found.groups:
        preferred = group.preferred_version.version if group.preferred_version else ""
        for version in sorted(group.versions, key=lambda version: version.version != preferred):
            yield group.name, version.version


def _from_old(group: str, version: str, found: _OldResourceList) -> GroupVersion:
    entries = found.resources or ()
    subresources: dict[str, list[str]] = {}
    for entry in entries:
        parent, _, name = entry.name.partition("/")
        if name:
            subresources.setdefault(parent, []).append(name)
    resources = tuple(
        Resource(
            GVK(group, version, entry.kind),
            entry.name,
            entry.namespaced,
            entry.verbs or (),
            tuple(subresources.get(entry.name, ())),
        )
        for entry in entries
        if "/" not in entry.name
    )
    return GroupVersion(group, version, resources, tuple(entry.kind for entry in entries))
