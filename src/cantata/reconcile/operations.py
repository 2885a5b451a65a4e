"""Takes journalled operations up and runs them.

One operation per application at a time, any number of applications beside each other. The loop acts on what
the store says, so an operation of a server that died is an operation like any other once its lease has run
out.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from cantata.actions.ports import Ports
from cantata.core.model.applications import Operation, OperationState, RevisionState, Verb
from cantata.errors import CantataError
from cantata.ports import Page, Records
from cantata.reconcile.execution import Execution, Work
from cantata.reconcile.journal import JournalDesk
from cantata.reconcile.lease import ClusterLease, LeaseLost

log = logging.getLogger(__name__)

EVERYTHING = Page(limit=10_000)
ACTIVE = (OperationState.QUEUED, OperationState.RUNNING)


@dataclass(slots=True)
class ClusterTurn:
    """The lease of one cluster and the task that keeps it."""

    lease: ClusterLease
    keeper: asyncio.Task[None]


class Operations:
    """The loop. `lease_seconds` is also how long a dead server's operations wait to be taken up;
    `progress_deadline` ends a service that makes no progress."""

    def __init__(
        self,
        ports: Ports,
        woken: asyncio.Event,
        *,
        holder: str,
        lease_seconds: float,
        progress_deadline: float,
    ) -> None:
        self._ports = ports
        self._woken = woken
        self._holder = holder
        self._lease_seconds = lease_seconds
        self._progress_deadline = progress_deadline
        self._desk = JournalDesk(ports.store, ports.streams)
        self._turns: dict[str, ClusterTurn] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled. Running operations are left in the journal for the next server."""
        try:
            while True:
                self._woken.clear()
                await self._look()
                try:
                    async with asyncio.timeout(self._lease_seconds / 2):
                        await self._woken.wait()
                except TimeoutError:
                    continue
        finally:
            await self._stop()

    async def _look(self) -> None:
        active = await self._ports.store.read(
            lambda records: [
                (operation, records.applications.by_id(operation.application_id))
                for operation in records.operations.list(states=ACTIVE, page=EVERYTHING)
            ]
        )
        alive = {operation.id for operation, _ in active}
        for operation_id, task in self._tasks.items():
            if operation_id not in alive:
                task.cancel()
        busy = {operation.application_id for operation, _ in active if operation.id in self._tasks}
        for operation, application in reversed(active):
            if operation.id in self._tasks or operation.application_id in busy:
                continue
            session = await self._ports.clusters.get(application.project, application.cluster)
            turn = await self._turn(session.uid)
            if turn.lease.held:
                busy.add(operation.application_id)
                self._start(operation, turn.lease)

    async def _turn(self, uid: str) -> ClusterTurn:
        turn = self._turns.get(uid)
        if turn is None:
            lease = ClusterLease(self._ports.store, uid, self._holder, self._lease_seconds)
            await lease.acquire()
            turn = ClusterTurn(lease, asyncio.create_task(lease.keep()))
            self._turns[uid] = turn
        return turn

    def _start(self, operation: Operation, lease: ClusterLease) -> None:
        task = asyncio.create_task(self._run(operation.id, lease))
        self._tasks[operation.id] = task
        task.add_done_callback(lambda done: self._ended(operation.id, done))

    def _ended(self, operation_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(operation_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("operation %s is taken up again", operation_id, exc_info=error)
        else:
            self._woken.set()

    async def _run(self, operation_id: str, lease: ClusterLease) -> None:
        work = await self._ports.store.write(lambda records: _begin(records, operation_id))
        journal = self._desk.open(work.operation)
        journal.tell("operation", verb=work.operation.verb.value, state="running")
        error = ""
        try:
            await Execution(self._ports, work, lease, journal, self._progress_deadline).run()
        except LeaseLost as lost:
            log.warning("operation %s is left to another server: %s", operation_id, lost)
            return
        except CantataError as failure:
            error = failure.message + (f" ({failure.hint})" if failure.hint else "")
        except Exception:
            log.exception("operation %s ended with a defect", operation_id)
            error = "an error inside Cantata; the server's log has the details"
        state = OperationState.FAILED if error else OperationState.SUCCEEDED
        journal.tell("operation", verb=work.operation.verb.value, state=state.value, message=error)
        await journal.flush()
        await self._ports.store.write(lambda records: _end(records, work, state, error))
        self._ports.streams.ring(work.application.id)

    async def _stop(self) -> None:
        tasks = [*self._tasks.values()]
        keepers = [turn.keeper for turn in self._turns.values()]
        for task in [*tasks, *keepers]:
            task.cancel()
        await asyncio.gather(*tasks, *keepers, return_exceptions=True)
        await self._desk.close()
        for turn in self._turns.values():
            await turn.lease.release()


def _begin(records: Records, operation_id: str) -> Work:
    records.operations.move(operation_id, OperationState.RUNNING)
    return Work.read(records, operation_id)


def _end(records: Records, work: Work, state: OperationState, error: str) -> None:
    """The operation, its revision and, after a delete, the application end in one transaction."""
    if records.operations.by_id(work.operation.id).state.ended:
        return
    records.operations.move(work.operation.id, state, error=error)
    application_id, done = work.application.id, state is OperationState.SUCCEEDED
    if work.operation.verb is Verb.DELETE:
        if done:
            records.applications.delete(application_id)
        return
    if work.revision is None:
        return
    records.revisions.close(
        application_id, work.revision.number, RevisionState.DEPLOYED if done else RevisionState.FAILED
    )
