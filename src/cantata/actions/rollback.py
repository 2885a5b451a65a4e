"""Bring an application, or some of its services, back to an earlier revision, config included."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import msgspec

from cantata.actions.begin import Deployed, begin
from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.earlier_closure import earlier_closure
from cantata.actions.earlier_versions import are_alike, find_revision, ran_before, versions_to_return_to
from cantata.actions.held_values import Way, plan_holds, read_ways
from cantata.actions.journal import refuse_deleting
from cantata.actions.lost_key import blobs_of
from cantata.actions.plan import Prepared, decide_all, refuse_unsound
from cantata.actions.ports import Ports
from cantata.actions.recorded_services import manifests_of
from cantata.actions.source import Source
from cantata.core.model.access import Actor
from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.applications import (
    Revision,
    RevisionExtras,
    ServiceVersion,
    Verb,
)
from cantata.core.model.errors import RevisionNotFound
from cantata.core.order.scope import ALONE, Scope
from cantata.core.plan.closure import closure_findings
from cantata.ports import Records


async def rollback(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    *,
    revision: int | None = None,
    services: Sequence[str] = (),
    scope: Scope = ALONE,
    cause: str = "",
    queue: bool = False,
) -> Deployed:
    """Without `revision`, to the last one that was deployed before the present one; where services are named,
    each to what it was before it became what it is.

    Makes a new revision that is a copy of the old one, for the selected services. A service whose Job has
    completed stays as it is unless it is selected by name, since rolling it back would run it again. The
    values that are left are held, so that no trigger brings them back. Raises `RevisionNotFound`,
    `ServiceNotFound`, `ReferenceUndeployed`, and what a deploy raises.
    """
    prepared = await prepare_rollback(ports, project, name, services, scope, revision=revision)
    refuse_unsound(prepared)
    return await begin(
        ports, actor, prepared, Verb.ROLLBACK, prepared.services, cause or "rollback", queue=queue
    )


async def prepare_rollback(
    ports: Ports,
    project: str,
    name: str,
    services: Sequence[str] = (),
    scope: Scope = ALONE,
    *,
    revision: int | None = None,
) -> Prepared:
    """Decides, and writes nothing."""

    def read(records: Records) -> tuple[Source, DesiredState, tuple[str, ...], tuple[Way, ...]]:
        source = Source.read(records, project, name)
        selected: tuple[str, ...] = ()
        if not services:
            desired = _whole(records, source, _target(records, source, revision))
        else:
            desired, selected = _partial(records, source, services, revision, scope)
        versions = {name: each.recorded for name, each in desired.services.items() if each.recorded}
        return source, desired, selected, read_ways(records, source, versions)

    source, desired, selected, ways = await ports.store.read(read)
    refuse_deleting(source.application)
    session = await ports.clusters.get(project, source.application.cluster)
    prepared = await decide_all(ports, source, session, desired, selected)
    return replace(prepared, holding=await plan_holds(ports, source, ways))


def _target(records: Records, source: Source, number: int | None) -> Revision:
    if number is not None:
        return find_revision(records, source, number)
    earlier = ran_before(records, source)
    if not earlier:
        name = source.application.name
        raise RevisionNotFound(f"of {name} to roll back to", of=name)
    return earlier[0]


def _whole(records: Records, source: Source, target: Revision) -> DesiredState:
    """The target's vector, with the present Jobs, where they have completed, in the places of its own."""
    present = source.latest.services if source.latest is not None else {}
    completed = {record.service for record in source.inventory if record.completed}
    vector = {
        name: _keeping_job(version, present[name]) if name in completed & present.keys() else version
        for name, version in target.services.items()
    }
    with blobs_of(source.application, target.number):
        extras = RevisionExtras.read(records.blobs.get(target.extras)) if target.extras else source.extras
    made = _state(records, source, vector, (), extras, target)
    return replace(made, inputs=target.inputs)


def _partial(
    records: Records, source: Source, services: Sequence[str], number: int | None, scope: Scope
) -> tuple[DesiredState, tuple[str, ...]]:
    """The present vector with earlier versions of some services in it, and which these are: with `scope` also
    those that the earlier versions need as they were then."""
    present = source.latest.services if source.latest is not None else {}
    earlier = versions_to_return_to(records, source, services, number, scope)
    while True:
        versions = {name: each.version for name, each in earlier.items()}
        vector = {**present, **versions}
        desired = _state(records, source, vector, versions.keys(), source.extras, source.latest)
        closure, companions = earlier_closure(records, source, desired, earlier)
        if not (scope.dependencies and companions):
            findings = tuple(closure_findings(closure))
            return replace(desired, closure=closure, findings=findings), tuple(sorted(earlier))
        earlier |= companions


def _state(
    records: Records,
    source: Source,
    vector: Mapping[str, ServiceVersion],
    named: Collection[str],
    extras: RevisionExtras,
    target: Revision | None,
) -> DesiredState:
    """`named` empty means all."""
    present = source.latest.services if source.latest is not None else {}
    desired = {}
    with blobs_of(source.application, target.number if target is not None else 0):
        for name, version in vector.items():
            now = present.get(name)
            same = now if now is not None and are_alike(version, now) else version
            wish = source.application.adjustments.get(name, UNADJUSTED)
            adjustments = None
            if not named or name in named:
                adjustments = _adjusted(version, wish, named=bool(named))
            desired[name] = DesiredService.of(same, manifests_of(records, same), adjustments)
    engine = next((version.engine for version in vector.values()), "")
    return DesiredState(desired, extras, engine, notes=target.notes if target is not None else "")


def _adjusted(version: ServiceVersion, present: Adjustments, *, named: bool) -> Adjustments:
    """Patches belong to the version; how many pods it has, and whether it is there, is of the present. Who
    names a service deploys it."""
    undeployed = present.undeployed and not named
    return msgspec.structs.replace(present, patches=version.adjustments.patches, undeployed=undeployed)


def _keeping_job(old: ServiceVersion, present: ServiceVersion) -> ServiceVersion:
    """The present Job, waiting for what the old one waited for: that much is there again."""
    if (old.kind, present.kind) != ("Job", "Job"):
        return old
    return msgspec.structs.replace(present, depends_on=old.depends_on)
