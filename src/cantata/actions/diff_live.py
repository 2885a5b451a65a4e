"""What is wanted against what is live: what others changed since the last deploy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from cantata.actions.diff_side import not_deployed
from cantata.actions.drift import Sent, field_manager, moved, sent_manifests, with_drift
from cantata.actions.mask_plan import mask_plan, secrets_in
from cantata.actions.plan import is_definition
from cantata.actions.ports import Ports
from cantata.actions.source import Source
from cantata.core.model.applications import ObjectRecord
from cantata.core.model.diffs import Diff
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.objects import GVK, ObjectKey
from cantata.core.model.plans import Action, ObjectPlan, ServicePlan
from cantata.ports import Cluster, LiveApplication

READS = 16
"""How many objects are read at once."""


async def diff_live(ports: Ports, project: str, name: str, services: Sequence[str] = ()) -> Diff:
    """Between the latest revision and the cluster. Raises `ApplicationNotFound`, `ApplicationNotDeployed`,
    `ServiceNotFound`, `RevisionUnreadable`, and what asking the cluster raises."""
    source = await ports.store.read(lambda records: Source.read(records, project, name))
    application, latest = source.application, source.latest
    if latest is None:
        raise not_deployed(application)
    for service in services:
        if service not in latest.services:
            raise ServiceNotFound(service, of=name, known=latest.services)
    session = await ports.clusters.get(project, application.cluster)
    wanted = sent_manifests(source, set(services) or latest.services.keys())
    kinds = {
        (key.group, key.kind)
        for manifests in wanted.values()
        for key, sent in manifests.items()
        if not is_definition(sent.manifest)
    }
    live = await ports.live.observe(session, application.id, kinds)
    if not live.synced:
        # Nothing is compared with the last that was seen of a cluster that has gone since: this raises then.
        await session.cluster.refresh_discovery()
    seen = _Seen(source, session.cluster, live)
    plans = [await seen.service(service, manifests) for service, manifests in sorted(wanted.items())]
    return Diff(
        name,
        f"revision {latest.number}",
        "live",
        differs=any(item.action is not Action.UNCHANGED for plan in plans for item in plan.objects),
        services=tuple(plan for plan in plans if plan.objects),
    )


class _Seen:
    """The live objects of an application beside what was sent."""

    def __init__(self, source: Source, cluster: Cluster, live: LiveApplication) -> None:
        self._source = source
        self._cluster = cluster
        self._live = live
        self._records = {record.key: record for record in source.inventory}
        self._secrets = secrets_in(source, ())
        self._manager = field_manager(source.application.id)
        self._gate = asyncio.Semaphore(READS)

    async def service(self, name: str, manifests: Mapping[ObjectKey, Sent]) -> ServicePlan:
        compared = await asyncio.gather(
            *(self._object(sent) for sent in manifests.values() if not is_definition(sent.manifest))
        )
        latest = self._source.latest
        leaks = latest.services[name].leaks if latest is not None else ()
        objects = tuple(
            mask_plan(plan, self._secrets, leaks)
            for plan in compared
            if plan.action is not Action.UNCHANGED or plan.foreign or plan.folded
        )
        return ServicePlan(name, objects)

    async def _object(self, sent: Sent) -> ObjectPlan:
        key, gvk = ObjectKey.of(sent.manifest), GVK.of(sent.manifest)
        record, live = self._records.get(key), self._live.find(key)
        plan = ObjectPlan(key, gvk, Action.UNCHANGED)
        if live is None:
            return plan if _may_be_gone(record) else _gone(plan)
        if record is not None and not moved(record, live):
            return plan
        async with self._gate:  # Informers have no `managedFields`, and of Secrets no content.
            whole = await self._cluster.find(gvk, key.namespace, key.name)
        if whole is None:
            return _gone(plan)
        found = with_drift(plan, sent, record, whole, self._manager)
        return msgspec.structs.replace(found, action=Action.UPDATE) if found.drift else found


def _may_be_gone(record: ObjectRecord | None) -> bool:
    """A Job that has completed holds when its object is gone; what was never applied is not gone."""
    return record is None or record.completed or not record.desired


def _gone(plan: ObjectPlan) -> ObjectPlan:
    return msgspec.structs.replace(plan, action=Action.DELETE, reason="gone from the cluster")
