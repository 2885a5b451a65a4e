"""Everything that is in a namespace: all kinds, in full, or an error."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from cantata.core.bundle import BundleTooLarge, Source
from cantata.core.bundle.gather import MOST
from cantata.core.bundle.live import GENERATED_KINDS
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import GVK, LiveObject, Resource
from cantata.errors import CantataError, Category
from cantata.ports import Cluster, KindNotServed

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
NAMESPACES = GVK("", "v1", "Namespace")
NO_RELEASES = "type!=helm.sh/release.v1"
"""A namespace may hold hundreds of megabytes of what Helm keeps."""
AT_ONCE = 8
READ_SECONDS = 120.0
MADE_MOST = 10 * MOST
"""Objects that are looked at, those that controllers made included."""


class NamespaceUnknown(CantataError):
    """The cluster has no such namespace."""

    category = Category.NOT_FOUND


class NamespaceForbidden(CantataError):
    """No kind of objects may be read there."""

    category = Category.FORBIDDEN


class NamespaceSlow(CantataError):
    category = Category.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Contents:
    """`findings` tell the kinds that could not be read, for want of rights."""

    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]


async def read_namespace(cluster: Cluster, namespace: str, selector: str = "") -> Contents:
    """Raises `NamespaceUnknown`, `NamespaceForbidden`, `NamespaceSlow`, `BundleTooLarge`, and what the
    cluster says: a kind that cannot be listed in full is an error, unless its lists are forbidden to us."""
    await check_namespace(cluster, namespace)
    try:
        async with asyncio.timeout(READ_SECONDS):
            kinds = [
                resource
                for resource in await cluster.namespaced()
                if (resource.gvk.group, resource.gvk.kind) not in GENERATED_KINDS
            ]
            lists = await _lists(cluster, kinds, namespace, selector)
    except TimeoutError:
        raise NamespaceSlow(
            f"the objects of namespace {namespace} were not listed within {READ_SECONDS:.0f} s",
            subject=f"namespace {namespace}",
            hint="Take fewer of them, by --selector.",
        ) from None
    forbidden = [kind for kind, found in zip(kinds, lists, strict=True) if found is None]
    if kinds and len(forbidden) == len(kinds):
        raise NamespaceForbidden(
            f"nothing in namespace {namespace} may be listed with the credentials of this cluster",
            subject=f"namespace {namespace}",
            hint="Give its account the verb `list` there, such as by the ClusterRole `view`.",
        )
    sources = [Source(_manifest(live)) for found in lists for live in found or ()]
    return Contents(tuple(sources), tuple(map(_unread, forbidden)))


async def check_namespace(cluster: Cluster, namespace: str) -> None:
    """What could not be a name is not asked for. Whoever may not read namespaces finds out by the lists."""
    try:
        found = await cluster.find(NAMESPACES, "", namespace) if NAME.fullmatch(namespace) else None
    except CantataError as error:
        if error.category is not Category.FORBIDDEN:
            raise
        return
    if found is None:
        raise NamespaceUnknown(
            f"there is no namespace {namespace[:80]}",
            subject=f"namespace {namespace[:80]}",
            hint="`kubectl get namespaces` shows what is there.",
        )


async def _lists(
    cluster: Cluster, kinds: Sequence[Resource], namespace: str, selector: str
) -> list[Sequence[LiveObject] | None]:
    """None for a kind that may not be listed."""
    gate = asyncio.Semaphore(AT_ONCE)
    count = 0

    async def listed(gvk: GVK) -> Sequence[LiveObject] | None:
        nonlocal count
        fields = NO_RELEASES if (gvk.group, gvk.kind) == ("", "Secret") else ""
        async with gate:
            try:
                found = await cluster.list(
                    gvk, namespace=namespace, label_selector=selector, field_selector=fields
                )
            except KindNotServed:
                return ()
            except CantataError as error:
                if error.category is not Category.FORBIDDEN:
                    raise
                return None
        count += len(found)
        if count > MADE_MOST:
            raise BundleTooLarge(
                f"namespace {namespace} holds more than {MADE_MOST} objects",
                hint="Take fewer of them, by --selector.",
            )
        return found

    tasks = [asyncio.ensure_future(listed(kind.gvk)) for kind in kinds]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _manifest(live: LiveObject) -> dict[str, object]:
    """Raises `BundleTooLarge` for what is nested beyond reading."""
    try:
        return {**live.manifest(), "apiVersion": live.gvk.api_version, "kind": live.gvk.kind}
    except (msgspec.DecodeError, RecursionError) as error:
        raise BundleTooLarge(f"{live.key} cannot be read: it is nested too deep") from error


def _unread(resource: Resource) -> Finding:
    kind = f"{resource.gvk.kind}.{resource.gvk.group}" if resource.gvk.group else resource.gvk.kind
    return Finding(
        "kind-forbidden",
        Severity.WARNING,
        f"{kind} is not imported: the credentials of this cluster may not list it there",
        suggestion=f"Allow `list` on {resource.plural}, or give these objects by files.",
    )
