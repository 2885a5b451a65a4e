"""Before the first write to an object outside our inventory: whose is it?"""

from __future__ import annotations

from collections.abc import Sequence

from cantata.core.model.objects import GVK, LiveObject, ObjectKey
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError, Category, Detail
from cantata.ports import ClusterSession, KindNotServed, NamespaceMissing

NAMESPACE = GVK("", "v1", "Namespace")


class ObjectOwnedByOther(CantataError):
    """Objects of these names are there already and are not this application's. Nothing was written."""

    category = Category.CONFLICT


async def refuse_foreign(
    session: ClusterSession, keys: Sequence[ObjectKey], *, application_id: str, name: str
) -> None:
    """One metadata-only list for each kind and namespace. Raises `ObjectOwnedByOther`."""
    foreign: list[Detail] = []
    by_place: dict[tuple[str, str, str], set[str]] = {}
    for key in keys:
        by_place.setdefault((key.group, key.kind, key.namespace), set()).add(key.name)
    for (group, kind, namespace), names in by_place.items():
        try:
            resource = await session.cluster.resource(group, kind)
        except KindNotServed:
            continue  # What the chart itself will define has no objects yet.
        there = await session.cluster.list(resource.gvk, namespace=namespace, metadata_only=True)
        foreign.extend(
            Detail(f"{live.key} belongs to {owner(live)}")
            for live in there
            if live.metadata.name in names and live.metadata.labels.get(APPLICATION) != application_id
        )
    if foreign:
        raise ObjectOwnedByOther(
            f"application {name} would take over {len(foreign)} object{'s' * (len(foreign) > 1)} of others: "
            + "; ".join(detail.message for detail in foreign[:3]),
            subject=f"application {name}",
            hint="Rename them in the template, choose another namespace, or delete them first.",
            details=foreign,
        )


def owner(live: LiveObject) -> str:
    """The best name for who made an object, from its marks."""
    labels, annotations = live.metadata.labels, live.metadata.annotations
    if other := labels.get(APPLICATION):
        return f"the application with id {other}"
    if release := annotations.get("meta.helm.sh/release-name"):
        return f"the Helm release {release}"
    if manager := labels.get("app.kubernetes.io/managed-by"):
        return manager
    return "somebody else"


async def namespace_exists(
    session: ClusterSession, namespace: str, *, may_create: bool, application: str
) -> bool:
    """Raises `NamespaceMissing` when it is not there and must not be created."""
    if await session.cluster.find(NAMESPACE, "", namespace) is not None:
        return True
    if may_create:
        return False
    raise NamespaceMissing(
        f"the namespace {namespace} of application {application} does not exist",
        subject=f"namespace {namespace}",
        hint="Create it, or set createNamespace (`--create-namespace`) on the application.",
    )
