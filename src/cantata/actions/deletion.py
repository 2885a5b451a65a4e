"""Look at what deleting an application would do, with the cluster asked for all that it has."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cantata.actions.ownership import NAMESPACE
from cantata.actions.ports import Ports
from cantata.core.model.applications import Application, ObjectRecord
from cantata.core.model.deletions import Also, DeletePlan
from cantata.core.model.objects import GVK, LiveObject, ObjectKey
from cantata.core.plan.claims import STATEFUL_SET, claim_names
from cantata.core.plan.deletion import CLAIM, Seen, made_by_us, plan_deletion, strangers, takes
from cantata.errors import CantataError, Category
from cantata.ports import Cluster, KindNotServed, Records

CLAIMS = GVK("", "v1", "PersistentVolumeClaim")
VOLUMES = GVK("", "v1", "PersistentVolume")
ASK_SECONDS = 15.0
"""How long the cluster may take to say what it has."""

AT_ONCE = 8
"""So many lists are asked for at a time."""

OUT_OF_REACH = (Category.UNAVAILABLE, Category.FORBIDDEN, Category.UNAUTHENTICATED, Category.CONFLICT)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the namespace, in a sentence, and whether it may go."""

    told: str
    free: bool = False


async def show_deletion(ports: Ports, project: str, name: str, also: Collection[Also]) -> DeletePlan:
    """Nothing is deleted. A cluster that cannot be asked is said, and no error. Raises
    `ApplicationNotFound`."""

    def read(records: Records) -> tuple[Application, Sequence[ObjectRecord]]:
        application = records.applications.get(project, name)
        return application, records.inventory.list(application.id)

    application, inventory = await ports.store.read(read)
    try:
        session = await ports.clusters.get(project, application.cluster)
        async with asyncio.timeout(ASK_SECONDS):
            seen = await _see(session.cluster, inventory)
            fate = await namespace_fate(session.cluster, application, inventory, also)
    except TimeoutError:
        return _unseen(application, inventory, also, "the cluster does not answer")
    except CantataError as error:
        if error.category not in OUT_OF_REACH:
            raise
        return _unseen(application, inventory, also, error.message)
    takes = Also.NAMESPACE in also and fate.free
    return plan_deletion(name, inventory, seen, also, fate.told, takes_namespace=takes)


def _unseen(
    application: Application, inventory: Sequence[ObjectRecord], also: Collection[Also], trouble: str
) -> DeletePlan:
    told = f"the namespace {application.namespace} stays"
    return plan_deletion(application.name, inventory, None, also, told, trouble=trouble)


async def _see(cluster: Cluster, inventory: Sequence[ObjectRecord]) -> Seen:
    """The objects of the inventory, each read by itself, and the claims of its StatefulSets."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def find(record: ObjectRecord) -> LiveObject | None:
        async with gate:
            try:
                gvk = (await cluster.resource(record.key.group, record.key.kind)).gvk
                return await cluster.find(gvk, record.key.namespace, record.key.name)
            except KindNotServed:
                return None

    found = await asyncio.gather(*map(find, inventory))
    live = {each.key: each for each in found if each is not None}
    claims = await claims_of(cluster, inventory, live.values())
    wanted = [key for key in {*live, *claims} if (key.group, key.kind) == CLAIM]
    policies = await asyncio.gather(*(_policy(cluster, key) for key in wanted))
    return Seen(
        live,
        {claim.key: service for claim, service in claims.values()},
        {key.name: policy for key, policy in zip(wanted, policies, strict=True)},
    )


async def claims_of(
    cluster: Cluster, inventory: Sequence[ObjectRecord], live: Collection[LiveObject]
) -> dict[ObjectKey, tuple[LiveObject, str]]:
    """The claims that StatefulSets among the live objects have made, with the service of these. One complete
    list for each of their namespaces."""
    services = {record.key: record.service for record in inventory}
    sets = [each for each in live if (each.key.group, each.key.kind) == STATEFUL_SET]
    names = [(each.key, pattern) for each in sets if (pattern := claim_names(each)) is not None]
    found: dict[ObjectKey, tuple[LiveObject, str]] = {}
    for namespace in sorted({key.namespace for key, _ in names}):
        for claim in await cluster.list(CLAIMS, namespace=namespace):
            for key, pattern in names:
                if key.namespace == namespace and pattern.fullmatch(claim.key.name):
                    found[claim.key] = (claim, services.get(key, ""))
    return found


async def _policy(cluster: Cluster, claim: ObjectKey) -> str:
    """What becomes of the volume of a claim; empty when that cannot be known."""
    try:
        live = await cluster.find(CLAIMS, claim.namespace, claim.name)
        name = live.manifest().get("spec", {}).get("volumeName") if live is not None else ""
        volume = await cluster.find(VOLUMES, "", str(name)) if name else None
    except CantataError as error:
        if error.category is not Category.FORBIDDEN:
            raise
        return ""
    return str(volume.manifest().get("spec", {}).get("persistentVolumeReclaimPolicy", "")) if volume else ""


async def namespace_fate(
    cluster: Cluster, application: Application, inventory: Sequence[ObjectRecord], also: Collection[Also]
) -> Fate:
    """Whether the namespace could go with the application: we have made it, and nobody else is in it. Raises
    what a list raises: what cannot be seen in full is not deleted."""
    name = application.namespace
    if Also.NAMESPACE not in also:
        return Fate(f"the namespace {name} stays unless it is named (--with-namespace)")
    found = await cluster.find(NAMESPACE, "", name)
    if found is None:
        return Fate(f"the namespace {name} is not there")
    if not made_by_us(found):
        return Fate(f"the namespace {name} stays: Cantata has not made it")
    claims = set(await _own_claims(cluster, inventory))
    staying = {record.key for record in inventory if not takes(record, also)}
    own = {record.key for record in inventory}
    if Also.CLAIMS in also:
        own |= claims
    else:
        staying |= claims
    others = strangers(await _everything(cluster, name), application.id, own, staying)
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        return Fate(f"the namespace {name} stays: it holds {', '.join(map(str, others[:3]))}{more}")
    return Fate(f"the namespace {name} goes", free=True)


async def _own_claims(cluster: Cluster, inventory: Sequence[ObjectRecord]) -> Collection[ObjectKey]:
    sets = [each for each in inventory if (each.key.group, each.key.kind) == STATEFUL_SET]
    live = [await cluster.find(each.gvk, each.key.namespace, each.key.name) for each in sets]
    return await claims_of(cluster, inventory, [each for each in live if each is not None])


async def _everything(cluster: Cluster, namespace: str) -> list[LiveObject]:
    """All objects of all kinds in the namespace, or an error."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def listed(gvk: GVK) -> Sequence[LiveObject]:
        async with gate:
            return await cluster.list(gvk, namespace=namespace, metadata_only=True)

    kinds = await cluster.namespaced()
    lists = await asyncio.gather(*(listed(resource.gvk) for resource in kinds))
    return [live for each in lists for live in each]
