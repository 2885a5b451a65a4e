"""Which versions some services go back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from cantata.actions.source import Source
from cantata.core.model.applications import Revision, RevisionState, ServiceVersion
from cantata.core.model.errors import RevisionNotFound, ServiceNotFound
from cantata.core.order.graph import DependencyGraph, assemble
from cantata.core.order.scope import ALONE, Scope, widen
from cantata.ports import Page, Records


def find_revision(records: Records, source: Source, number: int) -> Revision:
    """Raises `RevisionNotFound`, which names the application."""
    try:
        return records.revisions.get(source.application.id, number)
    except RevisionNotFound as error:
        raise RevisionNotFound(number, of=source.application.name) from error


def ran_before(records: Records, source: Source) -> list[Revision]:
    """The revisions that were deployed before the present one, the newest first."""
    latest = source.latest.number if source.latest is not None else 0
    return [
        revision
        for revision in records.revisions.list(source.application.id, page=Page(limit=1000))
        if revision.state in (RevisionState.DEPLOYED, RevisionState.SUPERSEDED) and revision.number < latest
    ]


class Earlier(msgspec.Struct, frozen=True):
    """A version of a service, and the newest revision that had it."""

    version: ServiceVersion
    revision: Revision


def versions_to_return_to(
    records: Records, source: Source, services: Sequence[str], number: int | None, scope: Scope
) -> dict[str, Earlier]:
    """Of these services, and of those around them: as they were in one revision; without a number, each as it
    was before it became what it is.

    Services that only `scope` brings in stay as they are where they have no such version, and where their Job
    has completed. Raises `RevisionNotFound`, `ServiceNotFound`.
    """
    present = source.latest.services if source.latest is not None else {}
    if number is not None:
        target = find_revision(records, source, number)
        known: Mapping[str, ServiceVersion] = target.services
        found = {name: Earlier(version, target) for name, version in known.items()}
    else:
        found, known = _last_versions(ran_before(records, source), present), present
    for service in services:
        if service in found:
            continue
        if service in known:
            raise RevisionNotFound(f"of service {service} to roll back to", of=source.application.name)
        where = f" in revision {number}" if number is not None else ""
        raise ServiceNotFound(f"{service}{where}", of=source.application.name, known=known)
    around = [service for service in services if service in known]
    completed = {record.service for record in source.inventory if record.completed}
    wider = set(widen(_graph_of(known), around, scope)) - completed if scope != ALONE else set()
    return {name: found[name] for name in {*services, *wider} if name in found}


def _last_versions(
    revisions: Sequence[Revision], present: Mapping[str, ServiceVersion]
) -> dict[str, Earlier]:
    """Of each service the newest version that is another one than the present one."""
    found: dict[str, Earlier] = {}
    for revision in revisions:
        for name, version in revision.services.items():
            if name not in found and not are_alike(version, present.get(name)):
                found[name] = Earlier(version, revision)
    return found


def are_alike(version: ServiceVersion, present: ServiceVersion | None) -> bool:
    """Whether only the revision in which they came differs, and what operators ask of the present."""
    if present is None or version.adjustments.patches != present.adjustments.patches:
        return False
    return present == msgspec.structs.replace(
        version, changed_in=present.changed_in, adjustments=present.adjustments, images=present.images
    )


def _graph_of(versions: Mapping[str, ServiceVersion]) -> DependencyGraph:
    return assemble(
        {
            name: {other: on for other, on in version.depends_on.items() if other in versions}
            for name, version in versions.items()
        }
    )
