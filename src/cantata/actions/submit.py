"""Put an operation into the journal, in the one transaction that everything after it relies on."""

from __future__ import annotations

from cantata.actions.audit import audit
from cantata.actions.operations import end_early, position
from cantata.core.model.access import Actor
from cantata.core.model.applications import (
    Application,
    Operation,
    OperationState,
    Verb,
)
from cantata.core.model.deletions import Also
from cantata.core.model.events import EventType, about
from cantata.ports import Page, Records

ACTIVE = (OperationState.QUEUED, OperationState.RUNNING)


def submit(
    records: Records,
    actor: Actor,
    application: Application,
    verb: Verb,
    *,
    services: tuple[str, ...] = (),
    cause: str = "",
    revision: int = 0,
    queue: bool = False,
    also: tuple[Also, ...] = (),
    recreate: bool = False,
    plan: str = "",
) -> Operation:
    """The newest request supersedes what is under way for the same application, and takes over the services
    that this has not finished: a deploy of one service does not leave a deploy of all half-done. With `queue`
    it waits until that has ended."""
    superseded = records.operations.list(
        application.project, application_id=application.id, states=ACTIVE, page=Page()
    )
    for earlier in superseded if not queue else ():
        end_early(records, earlier, OperationState.SUPERSEDED)
        if services and earlier.verb is not Verb.TEST:
            services = tuple(sorted({*services, *earlier.services})) if earlier.services else ()
    operation = records.operations.add(
        application,
        verb=verb,
        services=services,
        author=actor.name,
        cause=cause,
        plan=plan,
        revision=revision,
        also=also,
        recreate=recreate,
    )
    audit(records, actor, application.project, verb.value, "application", application.name, operation.id)
    records.events.append(
        about(operation),
        EventType.OPERATION,
        {
            "operation": operation.id,
            "verb": verb.value,
            "state": operation.state.value,
            "position": position(records, operation),
        },
    )
    return operation


def is_busy(records: Records, application: Application) -> bool:
    """Whether an operation of it waits or runs."""
    active = records.operations.list(
        application.project, application_id=application.id, states=ACTIVE, page=Page(limit=1)
    )
    return bool(active)
