"""What the cluster would make of what was prepared, field by field: a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import islice

import msgspec

from cantata.actions.drift import field_manager, moved, sent_manifests, with_drift
from cantata.actions.intent import Intent
from cantata.actions.mask_plan import mask_plan
from cantata.actions.plan import Prepared
from cantata.actions.unverified import Unverified
from cantata.core.adjust import deployed_graph
from cantata.core.diff.defaults import without_defaults
from cantata.core.model.applications import Verb
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import LiveObject, ObjectKey
from cantata.core.model.plans import Action, Folded, FoldReason, ObjectPlan, Plan, ServicePlan
from cantata.core.plan import (
    Decision,
    Desired,
    effect,
    is_autoscaler,
    is_secret,
    rolls,
    with_live_replicas,
    without_scaled,
)
from cantata.errors import CantataError, Category
from cantata.ports import Applied, ObjectConflict

DRY_RUNS = 16
"""How many dry runs are under way at once for one plan."""


async def plan_of(prepared: Prepared, told: Intent, *, verb: Verb, namespace_exists: bool) -> Plan:
    """Asks the cluster by dry runs. Raises what is `UNAVAILABLE`; what it refuses is in the plan."""
    source, desired = prepared.source, prepared.desired
    gate = asyncio.Semaphore(DRY_RUNS)
    unverified = Unverified(prepared, namespace_exists=namespace_exists)
    dry_runs = DryRuns(prepared, unverified)
    leaks = _leaks(prepared)

    async def one(decision: Decision) -> ObjectPlan:
        async with gate:
            plan = await dry_runs.plan(decision)
        return mask_plan(plan, told.secrets, leaks) if plan.changes or plan.drift or plan.unverified else plan

    decided = [each for decisions in prepared.decisions.values() for each in decisions]
    planned = iter(await asyncio.gather(*map(one, decided)))
    services = []
    untried: list[Finding] = []
    for name, decisions in prepared.decisions.items():
        objects = list(islice(planned, len(decisions)))
        new = [
            decision.desired
            for decision, plan in zip(decisions, objects, strict=True)
            if plan.unverified and plan.action is Action.CREATE
        ]
        untried += await unverified.findings(name, new, told.secrets)
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
        intent=told.values,
        order=graph.layers,
        hooks=_hooks(prepared, verb),
        findings=(*desired.findings, *untried, *_skipped(prepared, verb)),
    )


HOOK_EVENTS = {Verb.DEPLOY: ("install", "upgrade"), Verb.ROLLBACK: ("rollback", "rollback")}
"""The word after `pre-` and `post-`: before a first deploy, and later."""


def _hooks(prepared: Prepared, verb: Verb) -> tuple[ObjectKey, ...]:
    """Those that would run: a deploy of some services runs none, and one without anything to do neither."""
    return () if prepared.services or prepared.nothing_to_do else _of_event(prepared, verb)


def _of_event(prepared: Prepared, verb: Verb) -> tuple[ObjectKey, ...]:
    if verb not in HOOK_EVENTS:
        return ()
    event = HOOK_EVENTS[verb][prepared.source.deployed]
    return tuple(
        ObjectKey.of(item.manifest)
        for item in prepared.desired.extras.hooks
        if item.hook and {f"pre-{event}", f"post-{event}"}.intersection(item.hook.events)
    )


def _skipped(prepared: Prepared, verb: Verb) -> Iterator[Finding]:
    """The hooks that would run if the whole application were deployed."""
    hooks = _of_event(prepared, verb) if prepared.services and not prepared.nothing_to_do else ()
    if hooks:
        yield Finding(
            "hooks-skipped",
            Severity.NOTICE,
            f"only some services are deployed, so these hooks do not run: {', '.join(map(str, hooks))}",
            suggestion="Deploy the whole application to have them run.",
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

    def __init__(self, prepared: Prepared, unverified: Unverified) -> None:
        source = prepared.source
        self._cluster = prepared.session.cluster
        self._live = prepared.live
        self._manager = field_manager(source.application.id)
        self._unverified = unverified
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
            why = await self._unverified.why(desired)
            sent = self._sent.get(desired.key) if action is Action.RECREATE else None
            changes = effect(sent.manifest, desired.manifest) if sent is not None else ()
            return msgspec.structs.replace(plan, changes=changes, unverified=why)
        try:
            live = await self._find(desired)
            answer = await self._dry_run(desired, live)
            if live is not None and answer.object.metadata.resource_version != live.metadata.resource_version:
                # The informer is behind: what it has not heard of yet would be shown as our change.
                live = await self._read(desired)
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

    async def _find(self, desired: Desired) -> LiveObject | None:
        """The informer's copy where nobody wrote the object since we did; else it is read, since informers
        have no `managedFields`, and of Secrets no content."""
        key, record = desired.key, self._records.get(desired.key)
        seen = self._live.find(key)
        known = seen is not None and record is not None and not moved(record, seen)
        if known and not is_secret(desired.gvk):
            return seen
        return await self._read(desired)

    async def _read(self, desired: Desired) -> LiveObject | None:
        return await self._cluster.find(desired.gvk, desired.key.namespace, desired.key.name)

    async def _dry_run(self, desired: Desired, live: LiveObject | None) -> Applied:
        """As a deploy would send it."""
        manifest = desired.manifest
        if live is not None:
            manifest = with_live_replicas(manifest, live)
        try:
            return await self._cluster.apply(manifest, manager=self._manager, dry_run=True)
        except ObjectConflict as conflict:
            theirs = [
                each.field for each in conflict.conflicts if is_autoscaler(each.manager, each.subresource)
            ]
            sent = without_scaled(manifest, theirs, scaled=desired.scaled)
            return await self._cluster.apply(sent, manager=self._manager, force=True, dry_run=True)


def _leaks(prepared: Prepared) -> frozenset[Leak]:
    """Of what is wanted and of what is there."""
    recorded = prepared.source.latest.services.values() if prepared.source.latest is not None else ()
    return frozenset(leak for each in (*prepared.desired.services.values(), *recorded) for leak in each.leaks)
