"""A deploy that stops before the first write: what would change, field by field, asked of the cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from cantata.actions.deploy import check_cluster, refuse_deleting
from cantata.actions.drift import field_manager, sent_manifests, with_drift
from cantata.actions.mask_plan import mask_plan, secrets_in
from cantata.actions.plan import Prepared, prepare
from cantata.actions.ports import Ports
from cantata.core.adjust import deployed_graph
from cantata.core.diff.defaults import without_defaults
from cantata.core.diff.intent import by_services, changed_adjustments
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import LiveObject, ObjectKey
from cantata.core.model.plans import (
    Action,
    FieldChange,
    Folded,
    FoldReason,
    ObjectPlan,
    Plan,
    ServicePlan,
    ValueChange,
)
from cantata.core.order.scope import ALONE, Scope
from cantata.core.plan import Decision, Desired, effect, intent, rolls, with_live_replicas, without_scaled
from cantata.core.values import Effective
from cantata.errors import CantataError, Category
from cantata.ports import Applied, ObjectConflict

DRY_RUNS = 16
"""How many dry runs are under way at once for one preview."""


async def preview(
    ports: Ports, project: str, name: str, services: Sequence[str] = (), scope: Scope = ALONE
) -> Plan:
    """Raises what a deploy would raise before its first write, but for findings: those are in the plan."""
    prepared = await prepare(ports, project, name, services, scope)
    refuse_deleting(prepared.source.application)
    return await plan_of(prepared, namespace_exists=await check_cluster(prepared))


async def plan_of(prepared: Prepared, *, namespace_exists: bool) -> Plan:
    source, desired = prepared.source, prepared.desired
    gate = asyncio.Semaphore(DRY_RUNS)
    dry_runs = DryRuns(prepared, namespace_exists=namespace_exists)
    secrets = secrets_in(prepared.source, prepared.desired.values.values())
    leaks = _leaks(prepared)

    async def one(decision: Decision) -> ObjectPlan:
        async with gate:
            plan = await dry_runs.plan(decision)
        return mask_plan(plan, secrets, leaks) if plan.changes or plan.drift or plan.unverified else plan

    services = []
    for name, decisions in prepared.decisions.items():
        objects = list(await asyncio.gather(*map(one, decisions)))
        objects += [
            ObjectPlan(record.key, record.gvk, action)
            for action, records in (
                (Action.DELETE, prepared.pruned.delete),
                (Action.KEEP, prepared.pruned.keep),
            )
            for record in records
            if record.service == name
        ]
        services.append(ServicePlan(name, tuple(objects), rolls=any(map(rolls, objects))))
    services += _gone(prepared)
    graph = deployed_graph(desired.services)
    changed = prepared.new_revision
    return Plan(
        application=source.application.name,
        revision=source.next_revision if changed else source.next_revision - 1,
        services=tuple(services),
        intent=_intent(prepared),
        order=graph.layers,
        hooks=_hooks(prepared),
        findings=desired.findings,
    )


def _hooks(prepared: Prepared) -> tuple[ObjectKey, ...]:
    """Those that would run: a deploy of some services runs none, and one without anything to do neither."""
    some = prepared.decisions.keys() != prepared.desired.services.keys()
    if some or prepared.nothing_to_do:
        return ()
    event = "upgrade" if prepared.source.deployed else "install"
    return tuple(
        ObjectKey.of(item.manifest)
        for item in prepared.desired.extras.hooks
        if item.hook and {f"pre-{event}", f"post-{event}"}.intersection(item.hook.events)
    )


def _gone(prepared: Prepared) -> list[ServicePlan]:
    """Services that are no more: all of their objects go."""
    by_service: dict[str, list[ObjectPlan]] = {}
    for action, records in ((Action.DELETE, prepared.pruned.delete), (Action.KEEP, prepared.pruned.keep)):
        for record in records:
            if record.service not in prepared.decisions:
                plan = ObjectPlan(record.key, record.gvk, action)
                by_service.setdefault(record.service, []).append(plan)
    return [ServicePlan(name, tuple(objects)) for name, objects in by_service.items()]


class DryRuns:
    """Asks the cluster what it would make of the objects of one plan."""

    def __init__(self, prepared: Prepared, *, namespace_exists: bool) -> None:
        source = prepared.source
        self._cluster = prepared.session.cluster
        self._manager = field_manager(source.application.id)
        self._namespace_exists = namespace_exists
        updated = {
            name
            for name, decisions in prepared.decisions.items()
            if any(each.action in (Action.UPDATE, Action.RECREATE) for each in decisions)
        }
        services = sent_manifests(source, updated)
        self._sent = {key: manifest for each in services.values() for key, manifest in each.items()}
        self._records = {record.key: record for record in source.inventory}

    async def plan(self, decision: Decision) -> ObjectPlan:
        desired, action = decision.desired, decision.action
        plan = ObjectPlan(desired.key, desired.gvk, action, decision.reason)
        if action is Action.UNCHANGED:
            return plan
        if action is not Action.UPDATE:
            why = "" if self._namespace_exists else f"namespace {desired.key.namespace} does not exist yet"
            sent = self._sent.get(desired.key) if action is Action.RECREATE else None
            changes = effect(sent.manifest, desired.manifest) if sent is not None else ()
            return msgspec.structs.replace(plan, changes=changes, unverified=why)
        try:
            live = await self._cluster.find(desired.gvk, desired.key.namespace, desired.key.name)
            answer = await self._dry_run(desired, live)
        except CantataError as error:
            if error.category is Category.UNAVAILABLE:
                raise
            return msgspec.structs.replace(plan, unverified=error.message)
        changed = effect(live.manifest() if live is not None else {}, answer.object.manifest())
        changes, added = without_defaults(changed, desired.manifest)
        folded = (Folded(FoldReason.DEFAULTS, added),) if added else ()
        plan = msgspec.structs.replace(plan, changes=changes, folded=folded)
        if live is None:
            return plan
        sent, record = self._sent.get(desired.key), self._records.get(desired.key)
        return with_drift(plan, sent, record, live, self._manager)

    async def _dry_run(self, desired: Desired, live: LiveObject | None) -> Applied:
        """As a deploy would send it."""
        manifest = desired.manifest
        if live is not None:
            manifest = with_live_replicas(manifest, live)
        try:
            return await self._cluster.apply(manifest, manager=self._manager, dry_run=True)
        except ObjectConflict as conflict:
            theirs = [field.field for field in conflict.conflicts]
            sent = without_scaled(manifest, theirs, scaled=desired.scaled)
            return await self._cluster.apply(sent, manager=self._manager, force=True, dry_run=True)


def _intent(prepared: Prepared) -> tuple[ValueChange, ...]:
    """The values that changed since the last revision: of the application, and by the overrides of single
    services beyond that."""
    source, latest = prepared.source, prepared.source.latest
    if latest is None:
        return ()
    whole = _changed(_recorded(prepared), prepared.desired.values[""])
    own = {name: _adjusted(prepared, name) for name in prepared.decisions}
    for name, text in source.application.service_overrides.items():
        version = latest.services.get(name)
        if name in prepared.decisions and version is not None and text in prepared.desired.values:
            own[name] += _changed(source.inputs(version.inputs), prepared.desired.values[text])
    return by_services(own, whole)


def _adjusted(prepared: Prepared, service: str) -> tuple[FieldChange, ...]:
    latest = prepared.source.latest
    version = latest.services.get(service) if latest is not None else None
    wanted = prepared.desired.services[service].adjustments
    return changed_adjustments(version.adjustments, wanted) if version is not None else ()


def _changed(recorded: RecordedInputs | None, values: Effective) -> tuple[FieldChange, ...]:
    old = msgspec.json.decode(recorded.render.values) if recorded is not None else {}
    secret = {leaf.path for leaf in values.leaves if leaf.secret}
    return intent(old, values.values(), secret=secret.union(recorded.secrets if recorded is not None else ()))


def _leaks(prepared: Prepared) -> frozenset[Leak]:
    """Of what is wanted and of what is there."""
    recorded = prepared.source.latest.services.values() if prepared.source.latest is not None else ()
    return frozenset(leak for each in (*prepared.desired.services.values(), *recorded) for leak in each.leaks)


def _recorded(prepared: Prepared) -> RecordedInputs | None:
    latest = prepared.source.latest
    if latest is None or not latest.services:
        return None
    newest = max(latest.services.values(), key=lambda version: version.changed_in)
    return msgspec.json.decode(prepared.source.recorded[newest.inputs], type=RecordedInputs)
