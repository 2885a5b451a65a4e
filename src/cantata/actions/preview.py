"""A deploy that stops before the first write: what would change, field by field, asked of the cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from cantata.actions.deploy import check_cluster, refuse_deleting
from cantata.actions.mask_plan import mask_plan, secrets_in
from cantata.actions.plan import Prepared, prepare
from cantata.actions.ports import Ports
from cantata.core.adjust import deployed_graph
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import LiveObject, ObjectKey
from cantata.core.model.plans import Action, FieldChange, ObjectPlan, Plan, ServicePlan
from cantata.core.plan import Decision, Desired, effect, intent, rolls, with_live_replicas, without_scaled
from cantata.errors import CantataError, Category
from cantata.ports import Applied, Cluster, ObjectConflict

DRY_RUNS = 16
"""How many dry runs are under way at once for one preview."""


async def preview(ports: Ports, project: str, name: str, services: Sequence[str] = ()) -> Plan:
    """Raises what a deploy would raise before its first write, but for findings: those are in the plan."""
    prepared = await prepare(ports, project, name, services)
    refuse_deleting(prepared.source.application)
    return await plan_of(prepared, namespace_exists=await check_cluster(prepared))


async def plan_of(prepared: Prepared, *, namespace_exists: bool) -> Plan:
    source, desired = prepared.source, prepared.desired
    gate = asyncio.Semaphore(DRY_RUNS)
    secrets = secrets_in(prepared.source, prepared.desired.values.values())
    leaks = _leaks(prepared)

    async def one(decision: Decision) -> ObjectPlan:
        async with gate:
            plan = await _object_plan(prepared, decision, namespace_exists=namespace_exists)
        return mask_plan(plan, secrets, leaks) if plan.changes or plan.unverified else plan

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


async def _object_plan(prepared: Prepared, decision: Decision, *, namespace_exists: bool) -> ObjectPlan:
    desired, action = decision.desired, decision.action
    plan = ObjectPlan(desired.key, desired.gvk, action, decision.reason)
    if action is Action.UNCHANGED:
        return plan
    if action is not Action.UPDATE:
        why = "" if namespace_exists else f"namespace {desired.key.namespace} does not exist yet"
        return msgspec.structs.replace(plan, unverified=why)
    cluster = prepared.session.cluster
    try:
        live = await cluster.find(desired.gvk, desired.key.namespace, desired.key.name)
        manager = f"cantata:{prepared.source.application.id}"
        answer = await _dry_run(cluster, desired, live, manager)
    except CantataError as error:
        if error.category is Category.UNAVAILABLE:
            raise
        return msgspec.structs.replace(plan, unverified=error.message)
    changes = effect(live.manifest() if live is not None else {}, answer.object.manifest())
    return msgspec.structs.replace(plan, changes=changes)


async def _dry_run(cluster: Cluster, desired: Desired, live: LiveObject | None, manager: str) -> Applied:
    """As a deploy would send it."""
    manifest = desired.manifest
    if live is not None:
        manifest = with_live_replicas(manifest, live)
    try:
        return await cluster.apply(manifest, manager=manager, dry_run=True)
    except ObjectConflict as conflict:
        theirs = [field.field for field in conflict.conflicts]
        forced = without_scaled(manifest, theirs, scaled=desired.scaled)
        return await cluster.apply(forced, manager=manager, force=True, dry_run=True)


def _intent(prepared: Prepared) -> tuple[FieldChange, ...]:
    """The values that changed since the last revision, without service overrides."""
    source = prepared.source
    values = prepared.desired.values[""]
    if source.latest is None:
        return ()
    recorded = _recorded(prepared)
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
