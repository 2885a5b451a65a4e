"""Look at operations, and cancel one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.core.adjust import deployed_graph
from cantata.core.model.access import Actor
from cantata.core.model.applications import Operation, OperationState, RevisionState, Verb
from cantata.core.model.errors import RevisionNotFound
from cantata.core.model.events import EventType, about
from cantata.core.model.timing import CriticalPath
from cantata.core.order.critical_path import critical_path
from cantata.core.order.queue import Candidate, positions
from cantata.ports import Page, Records
from cantata.ports.store import ActiveOperation


class Shown(msgspec.Struct, frozen=True):
    """An operation, and its place in the queue of its cluster while it waits; 0 once it has begun. `path` are
    the services that decided how long it took, told of one that has ended."""

    operation: Operation
    position: int = 0
    path: CriticalPath | None = None


async def get_operation(ports: Ports, project: str, id_: str) -> Shown:
    """Raises `OperationNotFound`."""

    def read(records: Records) -> Shown:
        operation = records.operations.get(project, id_)
        shown = _placed(records, [operation])[0]
        return msgspec.structs.replace(shown, path=_path(records, operation))

    return await ports.store.read(read)


def _path(records: Records, operation: Operation) -> CriticalPath | None:
    if not operation.state.ended or not operation.revision:
        return None
    try:
        revision = records.revisions.get(operation.application_id, operation.revision)
    except RevisionNotFound:  # It went with its application.
        return None
    return critical_path(deployed_graph(revision.services), records.operations.reached(operation.id))


async def list_operations(
    ports: Ports, project: str, *, application: str = "", page: Page = Page()
) -> Sequence[Shown]:
    """Newest first."""

    def read(records: Records) -> Sequence[Shown]:
        application_id = records.applications.get(project, application).id if application else ""
        return _placed(records, records.operations.list(project, application_id=application_id, page=page))

    return await ports.store.read(read)


def _placed(records: Records, operations: Sequence[Operation]) -> Sequence[Shown]:
    queued = any(each.state is OperationState.QUEUED for each in operations)
    places = _positions(records) if queued else {}
    return [Shown(each, places.get(each.id, 0)) for each in operations]


def position(records: Records, operation: Operation) -> int:
    return _positions(records).get(operation.id, 0)


def _positions(records: Records) -> Mapping[str, int]:
    """Of all that wait. Projects whose operations run have had a turn, those of the newest last."""
    by_cluster: dict[str, list[ActiveOperation]] = {}
    for each in records.operations.active():
        by_cluster.setdefault(each.cluster_uid, []).append(each)
    found: dict[str, int] = {}
    for active in by_cluster.values():
        running = [each.project for each in active if each.state is OperationState.RUNNING]
        waiting = [
            Candidate(each.id, each.application_id, each.project)
            for each in active
            if each.state is OperationState.QUEUED
        ]
        found.update(positions(waiting, running))
    return found


async def cancel_operation(ports: Ports, actor: Actor, project: str, id_: str) -> Operation:
    """What was done stays done; the next deploy continues from there, also after a delete. A delete that has
    failed is given up so: its application may be deployed again. Raises `OperationEnded`."""

    def write(records: Records) -> Operation:
        operation = records.operations.get(project, id_)
        cancelled = operation
        if not _is_failed_delete(records, operation):
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


def _is_failed_delete(records: Records, operation: Operation) -> bool:
    """Whether only another delete could go on, since it is the last that was asked of its application."""
    if operation.verb is not Verb.DELETE or operation.state is not OperationState.FAILED:
        return False
    of, newest = operation.application_id, Page(limit=1)
    last = records.operations.list(application_id=of, page=newest)
    return last[0].id == operation.id and records.applications.by_id(of).deleting


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
