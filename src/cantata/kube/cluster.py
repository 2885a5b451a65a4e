"""The `Cluster` port over HTTP."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import msgspec

from cantata.core.model.charts import Capabilities
from cantata.core.model.objects import GVK, LiveObject, Manifest, ObjectKey, Resource
from cantata.core.schemas import Schemas
from cantata.kube import errors
from cantata.kube.access import ClusterAccess
from cantata.kube.discovery import Discoverer, Discovery, not_served
from cantata.kube.errors import ClusterProtocolError, GroupUnavailable, ObjectInvalid
from cantata.kube.exec import open_process
from cantata.kube.informer import KubeInformer
from cantata.kube.limits import Limits
from cantata.kube.lists import Selection, read_list
from cantata.kube.logs import PODS, read_logs
from cantata.kube.openapi import OpenAPI
from cantata.kube.paths import object_path, query
from cantata.kube.port_forward import open_tunnel
from cantata.kube.status import Target
from cantata.kube.transport import JSON, Transport
from cantata.kube.wire import UNREADABLE, decode_object
from cantata.ports import Applied, Listener, Process, Propagation, Tunnel

APPLY_TYPE = "application/apply-patch+yaml"
STRATEGIC_TYPE = "application/strategic-merge-patch+json"
DISCOVERY_SECONDS = 300.0
OUTDATED = float("-inf")
"""When a discovery was made that is known to be wrong by now."""
NAMESPACES = Resource(GVK("", "v1", "Namespace"), "namespaces", False)

_encode = msgspec.json.Encoder().encode


class _ServerVersion(msgspec.Struct, frozen=True, rename="camel"):
    git_version: str


class KubeCluster:
    """One Kubernetes API, reached by `access`. Create it inside a running event loop; `close()` it.

    It implements `cantata.ports.Cluster`; the errors are those of `cantata.kube.errors`.
    """

    def __init__(self, access: ClusterAccess, limits: Limits | None = None) -> None:
        self.name = access.name
        self.server = access.server
        self._transport = Transport(access, limits or Limits())
        self._discoverer = Discoverer(self._transport)
        self._openapi = OpenAPI(self._transport)
        self._discovery: Discovery | None = None
        self._kube_version = ""
        self._discovered_at = OUTDATED
        self._discovery_lock = asyncio.Lock()
        self._informers: set[KubeInformer] = set()
        self._uid = ""

    def renew(self, access: ClusterAccess) -> None:
        """Goes on with other credentials, or at another address, of the same cluster: requests under way and
        informers, too, from their next try on."""
        self.server = access.server
        self._transport.renew(access)

    async def uid(self) -> str:
        if not self._uid:
            cause: Exception | None = None
            try:
                self._uid = (await self._get(NAMESPACES, "", "kube-system")).metadata.uid
            except errors.KindNotServed as error:
                cause = error
            if not self._uid:
                raise ClusterProtocolError(
                    f"cluster {self.name} answers, but not as a Kubernetes API",
                    subject=f"cluster {self.name}",
                    hint="Check the server's address in the kubeconfig.",
                ) from cause
        return self._uid

    async def capabilities(self) -> Capabilities:
        """From a discovery that is at most five minutes old."""
        discovery = await self._discovered(time.monotonic() - DISCOVERY_SECONDS)
        return Capabilities(kube_version=self._kube_version, api_versions=discovery.api_versions)

    async def refresh_discovery(self) -> None:
        await self._discovered(time.monotonic())

    async def resource(self, group: str, kind: str, version: str = "") -> Resource:
        asked_at = time.monotonic()
        discovery = self._discovery
        if discovery is None or self._discovered_at == OUTDATED:
            discovery = await self._discovered(asked_at)
        found = discovery.find(group, kind, version)
        if found is None:
            discovery = await self._discovered(asked_at)
            found = discovery.find(group, kind, version)
        if found is None:
            raise not_served(group, kind, version, discovery, self.name)
        return found

    async def schemas(self, api_version: str) -> Schemas | None:
        return await self._openapi.find(api_version)

    async def namespaced(self) -> Sequence[Resource]:
        discovery = await self._discovered(time.monotonic())
        stale = sorted({version.group for version in discovery.versions if version.stale})
        if stale:
            raise GroupUnavailable(
                f"cluster {self.name}: what the groups {', '.join(stale)} serve is unknown: their servers do"
                " not answer",
                subject=f"cluster {self.name}",
                hint="Look at the APIServices of these groups.",
            )
        found: dict[tuple[str, str], Resource] = {}
        for version in discovery.versions:
            for resource in version.resources:
                if resource.namespaced and {"list", "delete"} <= set(resource.verbs):
                    found.setdefault((resource.gvk.group, resource.plural), resource)
        return tuple(found.values())

    async def apply(
        self, manifest: Manifest, *, manager: str, force: bool = False, dry_run: bool = False
    ) -> Applied:
        gvk, key = GVK.of(manifest), ObjectKey.of(manifest)
        target = Target(self.name, "apply", key)
        try:
            body = _encode(manifest)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise ObjectInvalid(f"{key} cannot be written as JSON: {error}", subject=str(key)) from error
        async with self._endpoint(gvk, "patch") as resource:
            path = object_path(resource, key.namespace, key.name) + _apply_query(manager, force, dry_run)
            answer = await self._transport.request("PATCH", path, target, body=body, content_type=APPLY_TYPE)
        return Applied(decode_object(answer.body, gvk, target.subject), answer.warnings)

    async def find(self, gvk: GVK, namespace: str, name: str) -> LiveObject | None:
        async with self._endpoint(gvk, "get") as resource:
            try:
                return await self._get(resource, namespace, name)
            except errors.ObjectNotFound:
                return None

    async def delete(
        self,
        gvk: GVK,
        namespace: str,
        name: str,
        *,
        propagation: Propagation = Propagation.BACKGROUND,
        uid: str = "",
    ) -> bool:
        target = Target(self.name, "delete", ObjectKey(gvk.group, gvk.kind, namespace, name))
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation.value}
        body = _encode({**options, "preconditions": {"uid": uid}} if uid else options)
        try:
            async with self._endpoint(gvk, "delete") as resource:
                path = object_path(resource, namespace, name)
                await self._transport.request("DELETE", path, target, body=body, content_type=JSON)
        except (errors.ObjectNotFound, errors.NamespaceMissing):
            return False
        except errors.ObjectReplaced:
            # Another object has the name now, so the one of that UID is gone.
            return False
        return True

    async def list(
        self,
        gvk: GVK,
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        metadata_only: bool = False,
    ) -> Sequence[LiveObject]:
        async with self._endpoint(gvk, "list") as resource:
            selection = Selection(resource, namespace, label_selector, field_selector, metadata_only)
            return (await read_list(self._transport, selection)).objects

    def inform(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        metadata_only: bool = False,
        listener: Listener | None = None,
        keep: bool = True,
    ) -> KubeInformer:
        self._transport.check_open()
        selection = Selection(resource, namespace, label_selector, field_selector, metadata_only)
        informer = KubeInformer(self._transport, selection, listener, keep=keep)
        self._informers.add(informer)
        informer.start(on_end=self._informers.discard)
        return informer

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        follow: bool = False,
        tail_lines: int | None = None,
        since_seconds: int | None = None,
        previous: bool = False,
        timestamps: bool = False,
    ) -> AsyncIterator[bytes]:
        return read_logs(
            self._transport,
            ObjectKey("", "Pod", namespace, pod),
            query(
                container=container,
                follow=follow,
                tailLines=None if tail_lines is None else str(tail_lines),
                sinceSeconds=since_seconds,
                previous=previous,
                timestamps=timestamps,
            ),
        )

    def run(
        self,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        stdin: bool = False,
        tty: bool = False,
    ) -> AbstractAsyncContextManager[Process]:
        return open_process(
            self._transport, ObjectKey("", "Pod", namespace, pod), container, command, stdin=stdin, tty=tty
        )

    def tunnel(self, namespace: str, pod: str, port: int) -> AbstractAsyncContextManager[Tunnel]:
        return open_tunnel(self._transport, ObjectKey("", "Pod", namespace, pod), port)

    async def add_container(self, namespace: str, pod: str, container: Manifest) -> LiveObject:
        key = ObjectKey("", "Pod", namespace, pod)
        target = Target(self.name, "apply", key)
        path = f"{object_path(PODS, namespace, pod)}/ephemeralcontainers"
        body = _encode({"spec": {"ephemeralContainers": [container]}})
        answer = await self._transport.request("PATCH", path, target, body=body, content_type=STRATEGIC_TYPE)
        return decode_object(answer.body, PODS.gvk, target.subject)

    async def close(self) -> None:
        await asyncio.gather(*(informer.close() for informer in tuple(self._informers)))
        await self._transport.close()

    @asynccontextmanager
    async def _endpoint(self, gvk: GVK, verb: str) -> AsyncIterator[Resource]:
        """Where a request of this kind goes. An answer that nobody serves it is believed only when discovery
        says so too: a load balancer whose API server is down answers 404 as well, and nothing is gone."""
        resource = await self.resource(gvk.group, gvk.kind, gvk.version)
        try:
            yield resource
        except errors.KindNotServed as error:
            self._discovered_at = OUTDATED
            if verb not in (await self.resource(gvk.group, gvk.kind, gvk.version)).verbs:
                raise
            raise errors.ClusterFailing(
                f"cluster {self.name} answers that it does not serve {gvk}, and lists it all the same",
                subject=f"cluster {self.name}",
                hint="The kind may be just coming or going. Else look at what stands before the API server.",
            ) from error

    async def _get(self, resource: Resource, namespace: str, name: str) -> LiveObject:
        gvk = resource.gvk
        target = Target(self.name, "get", ObjectKey(gvk.group, gvk.kind, namespace, name))
        answer = await self._transport.request("GET", object_path(resource, namespace, name), target)
        return decode_object(answer.body, gvk, target.subject)

    async def _discovered(self, since: float) -> Discovery:
        """The discovery, asked for anew if the one that we have is older than `since` (monotonic seconds)."""
        async with self._discovery_lock:
            if self._discovery is None or self._discovered_at < since:
                started = time.monotonic()
                discovery, version = await asyncio.gather(
                    self._discoverer.discover(self._discovery), self._server_version()
                )
                self._discovery, self._kube_version = discovery, version
                self._discovered_at = started
            return self._discovery

    async def _server_version(self) -> str:
        target = Target(self.name, "version")
        answer = await self._transport.request("GET", "/version", target)
        try:
            return msgspec.json.decode(answer.body, type=_ServerVersion).git_version
        except UNREADABLE as error:
            raise ClusterProtocolError(
                f"{target.subject}: its version cannot be read", subject=target.subject
            ) from error


@functools.lru_cache(maxsize=1024)
def _apply_query(manager: str, force: bool, dry_run: bool) -> str:
    return query(
        fieldManager=manager, fieldValidation="Strict", force=force, dryRun="All" if dry_run else None
    )
