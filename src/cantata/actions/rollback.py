"""Bring an application, or some of its services, back to an earlier revision, config included."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cantata.actions.deploy import Deployed, check_cluster, journal, refuse_deleting
from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.lost_key import blobs_of
from cantata.actions.plan import decide_all
from cantata.actions.ports import Ports
from cantata.actions.recorded_services import manifests_of
from cantata.actions.source import Source
from cantata.core.model.access import Actor
from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.applications import (
    Revision,
    RevisionExtras,
    RevisionState,
    ServiceVersion,
    Verb,
)
from cantata.core.model.errors import RevisionNotFound, ServiceNotFound
from cantata.ports import Page, Records


async def rollback(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    *,
    revision: int | None = None,
    services: Sequence[str] = (),
    cause: str = "",
    queue: bool = False,
) -> Deployed:
    """Without `revision`, to the last one that was deployed before the present one.

    Makes a new revision that is a copy of the old one, for the selected services. A service whose Job has
    completed stays as it is unless it is selected by name, since rolling it back would run it again. Raises
    `RevisionNotFound`, `ServiceNotFound`, and what a deploy raises.
    """

    def read(records: Records) -> tuple[Source, DesiredState]:
        source = Source.read(records, project, name)
        target = _target(records, source, revision)
        return source, _desired(records, source, target, services)

    source, desired = await ports.store.read(read)
    refuse_deleting(source.application)
    session = await ports.clusters.get(project, source.application.cluster)
    prepared = await decide_all(ports, source, session, desired, services)
    if prepared.nothing_to_do:
        return Deployed(None)
    await check_cluster(prepared)
    why = cause or "rollback"
    operation = await ports.store.write(
        lambda records: journal(records, actor, prepared, Verb.ROLLBACK, tuple(services), why, queue=queue)
    )
    ports.wake()
    return Deployed(operation)


def _target(records: Records, source: Source, number: int | None) -> Revision:
    application, latest = source.application, source.latest
    if number is not None:
        try:
            return records.revisions.get(application.id, number)
        except RevisionNotFound as error:
            raise RevisionNotFound(number, of=application.name) from error
    for earlier in records.revisions.list(application.id, page=Page(limit=1000)):
        ran = earlier.state in (RevisionState.DEPLOYED, RevisionState.SUPERSEDED)
        if ran and latest is not None and earlier.number < latest.number:
            return earlier
    raise RevisionNotFound(f"of {application.name} to roll back to", of=application.name)


def _desired(records: Records, source: Source, target: Revision, services: Sequence[str]) -> DesiredState:
    """The present vector with the selected services taken from the target; without a selection the target's,
    with the present Jobs, where they have completed, in the places of its own."""
    present = source.latest.services if source.latest is not None else {}
    for service in services:
        if service not in target.services:
            raise ServiceNotFound(f"{service} in revision {target.number}", of=source.application.name)
    if services:
        vector = {**present, **{name: target.services[name] for name in services}}
    else:
        completed = {record.service for record in source.inventory if record.completed}
        vector = {
            name: _keeping_job(version, present[name]) if name in completed & present.keys() else version
            for name, version in target.services.items()
        }
    vector = {name: _unless_the_same(version, present.get(name)) for name, version in vector.items()}
    with blobs_of(source.application, target.number):
        manifests = {name: manifests_of(records, version) for name, version in vector.items()}
        extras = source.extras
        if not services and target.extras:
            extras = RevisionExtras.read(records.blobs.get(target.extras))
    adjustments = source.application.adjustments
    desired = {
        name: DesiredService.of(version, manifests[name], _adjusted(version, adjustments.get(name), services))
        for name, version in vector.items()
    }
    engine = next((version.engine for version in vector.values()), "")
    inputs = target.inputs if not services else ""
    return DesiredState(desired, extras, engine, notes=target.notes, inputs=inputs)


def _adjusted(
    version: ServiceVersion, present: Adjustments | None, services: Sequence[str]
) -> Adjustments | None:
    """Patches belong to the version; how many pods it has, and whether it is there, is of the present. Who
    names a service deploys it. None where the version stays as it is."""
    if services and version.service not in services:
        return None
    present = present or UNADJUSTED
    undeployed = present.undeployed and not services
    return msgspec.structs.replace(present, patches=version.adjustments.patches, undeployed=undeployed)


def _unless_the_same(version: ServiceVersion, present: ServiceVersion | None) -> ServiceVersion:
    """The present one where only the revision in which it came differs, and what operators ask of the
    present: going back to it is no change."""
    if present is None or version.adjustments.patches != present.adjustments.patches:
        return version
    alike = msgspec.structs.replace(version, changed_in=present.changed_in, adjustments=present.adjustments)
    return present if alike == present else version


def _keeping_job(old: ServiceVersion, present: ServiceVersion) -> ServiceVersion:
    """The present Job, waiting for what the old one waited for: that much is there again."""
    if (old.kind, present.kind) != ("Job", "Job"):
        return old
    return msgspec.structs.replace(present, depends_on=old.depends_on)
