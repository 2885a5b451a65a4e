"""What ran as one service: when, from which template, config and image, by whom, why, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from cantata.actions.adjust_service import adjusted_words
from cantata.actions.ports import Ports
from cantata.core.model.applications import Operation, Revision, ServiceVersion
from cantata.core.model.errors import OperationNotFound, ServiceNotFound
from cantata.ports import Page, Records

STEP = 100
"""How many revisions are read at once."""


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """A revision in which the service changed. Without `version` it is the one that took the service away;
    without `operation` that is not kept any more. `changes` say what became another than before."""

    revision: Revision
    version: ServiceVersion | None
    operation: Operation | None
    changes: tuple[str, ...]


async def service_history(
    ports: Ports, project: str, name: str, service: str, page: Page = Page()
) -> tuple[ServiceChange, ...]:
    """Newest first. Raises `ApplicationNotFound`, `ServiceNotFound`."""

    def read(records: Records) -> tuple[ServiceChange, ...]:
        application = records.applications.get(project, name)
        found = []
        for revision, before in _pairs(records, application.id, page.after):
            change = _change(records, revision, before, service)
            if change is not None:
                found.append(change)
            if len(found) == page.limit:
                break
        if not found and not page.after:
            latest = records.revisions.find_latest(application.id)
            raise ServiceNotFound(service, of=name, known=latest.services if latest is not None else ())
        return tuple(found)

    return await ports.store.read(read)


def _pairs(records: Records, application_id: str, after: str) -> Iterator[tuple[Revision, Revision | None]]:
    """Each revision with the one before it."""
    newer: Revision | None = None
    while True:
        revisions = records.revisions.list(application_id, page=Page(limit=STEP, after=after))
        for revision in revisions:
            if newer is not None:
                yield newer, revision
            newer = revision
        if len(revisions) < STEP:
            break
        after = str(revisions[-1].number)
    if newer is not None:
        yield newer, None


def _change(
    records: Records, revision: Revision, before: Revision | None, service: str
) -> ServiceChange | None:
    version = revision.services.get(service)
    had = before.services.get(service) if before is not None else None
    if version == had or (version is not None and version.changed_in != revision.number):
        return None
    operation = None
    with suppress(OperationNotFound):
        operation = records.operations.by_id(revision.operation_id)
    return ServiceChange(revision, version, operation, tuple(_words(had, version)))


def _words(had: ServiceVersion | None, has: ServiceVersion | None) -> Iterator[str]:
    if has is None:
        yield "the template has no such service any more"
        return
    if had is None:
        yield "new"
        return
    if had.template_version != has.template_version:
        yield f"template version {had.template_version} → {has.template_version}"
    if had.config != has.config:
        yield f"config {_pins(had)} → {_pins(has)}"
    if had.images != has.images:
        yield f"image {', '.join(had.images)} → {', '.join(has.images)}"
    if had.adjustments != has.adjustments:
        yield ", ".join(adjusted_words(has)) or "as the template says"
    elif (had.template_version, had.config, had.images) == (has.template_version, has.config, has.images):
        yield "overrides or delivery"


def _pins(version: ServiceVersion) -> str:
    return ", ".join(f"{pin.config}@{pin.version}" for pin in version.config)
