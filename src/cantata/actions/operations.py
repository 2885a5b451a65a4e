"""Look at operations, and cancel one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.applications import Operation, OperationState, RevisionState, Verb
from cantata.core.model.events import EventType, about
from cantata.ports import Page, Records


async def get_operation(ports: Ports, project: str, id_: str) -> Operation:
    """Raises `OperationNotFound`."""
    return await ports.store.read(lambda records: records.operations.get(project, id_))


async def list_operations(
    ports: Ports, project: str, *, application: str = "", page: Page = Page()
) -> Sequence[Operation]:
    """Newest first."""

    def read(records: Records) -> Sequence[Operation]:
        application_id = records.applications.get(project, application).id if application else ""
        return records.operations.list(project, application_id=application_id, page=page)

    return await ports.store.read(read)


async def cancel_operation(ports: Ports, actor: Actor, project: str, id_: str) -> Operation:
    """What was done stays done; the next deploy continues from there, also after a delete. Raises
    `OperationEnded`."""

    def write(records: Records) -> Operation:
        operation = records.operations.get(project, id_)
        cancelled = end_early(records, operation, OperationState.CANCELLED)
        if operation.verb is Verb.DELETE:
            application = records.applications.by_id(operation.application_id)
            records.applications.update(msgspec.structs.replace(application, deleting=False))
        audit(records, actor, project, "cancel", "operation", id_)
        return cancelled

    cancelled = await ports.store.write(write)
    ports.streams.ring(about(cancelled))
    ports.wake()
    return cancelled


def end_early(records: Records, operation: Operation, state: OperationState) -> Operation:
    """Ends an operation before it is through, and the revision that it made with it. Raises
    `OperationEnded`."""
    ended = records.operations.move(operation.id, state)
    if makes_revision(records, operation):
        records.revisions.close(operation.application_id, operation.revision, RevisionState.FAILED)
    data: dict[str, object] = {"operation": operation.id, "verb": operation.verb.value, "state": state.value}
    records.events.append(about(operation), EventType.OPERATION, data)
    return ended


def makes_revision(records: Records, operation: Operation) -> bool:
    """Whether the operation carries out a revision of its own, and not one that was deployed before."""
    if not operation.revision:
        return False
    revision = records.revisions.get(operation.application_id, operation.revision)
    return revision.operation_id == operation.id
