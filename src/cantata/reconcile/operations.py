"""Takes journalled operations up and runs them.

One operation per application at a time, any number of applications beside each other. The loop acts on what
the store says, so an operation of a server that died is an operation like any other once its lease has run
out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cantata.actions.operations import makes_revision
from cantata.actions.ports import Ports
from cantata.core.adjust import AdjustmentImpossible, PatchInvalid
from cantata.core.model.applications import Application, Operation, OperationState, RevisionState, Verb
from cantata.core.model.errors import OperationEnded, SealedUnderLostKey
from cantata.core.model.events import EventType, about
from cantata.core.values import mask
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession, Records
from cantata.reconcile.execution import Execution, Work
from cantata.reconcile.journal import Journal, JournalDesk
from cantata.reconcile.lease import ClusterLease, Grant, LeaseLost

log = logging.getLogger(__name__)


@dataclass(slots=True)
class ClusterTurn:
    """The lease of one cluster and the task that keeps it."""

    lease: ClusterLease
    keeper: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An operation that has not ended and is not under way here."""

    id: str
    application: Application


@dataclass(frozen=True, slots=True)
class Running:
    """An operation under way here."""

    application_id: str
    task: asyncio.Task[None]


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
        self._running: dict[str, Running] = {}
        self._held: set[str] = set()
        self._taking = asyncio.Lock()

    async def run(self) -> None:
        """Until cancelled. Running operations are left in the journal for the next server."""
        try:
            while True:
                self._woken.clear()
                try:
                    await self._look()
                except CantataError as error:
                    log.warning("operations are looked for again in a moment: %s", error)
                try:
                    async with asyncio.timeout(self._lease_seconds / 2):
                        await self._woken.wait()
                except TimeoutError:
                    continue
        finally:
            await self._stop()

    async def _look(self) -> None:
        # An application stays busy until a cancelled operation has let go of it, which wakes the loop.
        busy = {running.application_id for running in self._running.values()}

        def read(records: Records) -> tuple[set[str], list[Waiting]]:
            active = records.operations.active()
            waiting = [each for each in active if each.application_id not in busy]
            return {each.id for each in active}, [
                Waiting(each.id, records.applications.by_id(each.application_id)) for each in waiting
            ]

        alive, waiting = await self._ports.store.read(read)
        self._cancel_all_but(alive)
        for each in waiting:
            if each.application.id in busy:
                continue
            lease = await self._lease_for(each)
            if lease is not None and lease.held and each.application.id not in self._held:
                busy.add(each.application.id)
                self._start(each, lease.grant())

    def _cancel_all_but(self, alive: set[str]) -> None:
        """Ends what was cancelled or superseded. Once: a second time would interrupt the tidying up."""
        for operation_id, running in self._running.items():
            if operation_id not in alive and not running.task.cancelling():
                log.info("operation %s is left: it was ended by a request or by another server", operation_id)
                running.task.cancel()

    async def _lease_for(self, waiting: Waiting) -> ClusterLease | None:
        """None when the cluster cannot be had: for now, or, with the operation ended, at all."""
        application = waiting.application
        try:
            session = await self._ports.clusters.get(application.project, application.cluster)
        except CantataError as error:
            log.warning("operation %s cannot run: %s", waiting.id, error)
            if error.category is not Category.UNAVAILABLE:
                told = str(error)
                await self._ports.store.write(lambda records: _refuse(records, waiting.id, told))
            return None
        return (await self._turn(session.uid)).lease

    async def grant(self, session: ClusterSession) -> Grant | None:
        """Leave to act on a cluster beside the operations; None while another server has the lease."""
        lease = (await self._turn(session.uid)).lease
        return lease.grant() if lease.held else None

    @contextmanager
    def hold(self, application_id: str) -> Iterator[bool]:
        """True while no operation of the application runs here, and none begins until the end; False when it
        has one."""
        running = {each.application_id for each in self._running.values()}
        free = application_id not in running | self._held
        if not free:
            yield False
            return
        self._held.add(application_id)
        try:
            yield True
        finally:
            self._held.discard(application_id)
            self._woken.set()

    async def _turn(self, uid: str) -> ClusterTurn:
        async with self._taking:
            turn = self._turns.get(uid)
            if turn is None:
                lease = ClusterLease(self._ports.store, uid, self._holder, self._lease_seconds)
                await lease.acquire()
                turn = ClusterTurn(lease, asyncio.create_task(lease.keep()))
                self._turns[uid] = turn
            return turn

    def _start(self, waiting: Waiting, grant: Grant) -> None:
        task = asyncio.create_task(self._run(waiting.id, grant))
        self._running[waiting.id] = Running(waiting.application.id, task)
        task.add_done_callback(lambda done: self._ended(waiting.id, done))

    def _ended(self, operation_id: str, task: asyncio.Task[None]) -> None:
        self._running.pop(operation_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("operation %s is taken up again", operation_id, exc_info=error)
        else:
            self._ports.wake()

    async def _run(self, operation_id: str, grant: Grant) -> None:
        # What an earlier operation of the same application told comes before what this one reads.
        await self._desk.flush()
        try:
            work = await self._ports.store.write(lambda records: _begin(records, operation_id, grant))
            if work is None:
                return
            journal = self._desk.open(work.operation, grant, work.secrets)
            journal.tell(EventType.OPERATION, verb=work.operation.verb.value, state="running")
            error = mask(await self._execute(work, grant, journal), work.secrets)
            state = OperationState.FAILED if error else OperationState.SUCCEEDED
            await journal.flush()
            await self._ports.store.write(lambda records: _end(records, work, grant, state, error))
        except LeaseLost as lost:
            log.warning("operation %s is left to another server: %s", operation_id, lost)
            return
        except (SealedUnderLostKey, AdjustmentImpossible, PatchInvalid) as lost:
            told = str(lost)
            await self._ports.store.write(lambda records: _refuse(records, operation_id, told))
            return
        self._ports.streams.ring(journal.subject)

    async def _execute(self, work: Work, grant: Grant, journal: Journal) -> str:
        """Why the operation failed; empty when it did not. Raises `LeaseLost`."""
        try:
            await Execution(self._ports, work, grant, journal, self._progress_deadline).run()
        except LeaseLost:
            raise
        except CantataError as failure:
            return failure.message + (f" ({failure.hint})" if failure.hint else "")
        except Exception:
            log.exception("operation %s ended with a defect", work.operation.id)
            return "an error inside Cantata; the server's log has the details"
        return ""

    async def _stop(self) -> None:
        tasks = [running.task for running in self._running.values()]
        keepers = [turn.keeper for turn in self._turns.values()]
        for task in [*tasks, *keepers]:
            task.cancel()
        await asyncio.gather(*tasks, *keepers, return_exceptions=True)
        try:
            await self._desk.close()
        finally:
            for turn in self._turns.values():
                await turn.lease.release()


def _begin(records: Records, operation_id: str, grant: Grant) -> Work | None:
    """None when the operation was ended meanwhile. Raises `LeaseLost`."""
    if not grant.holds(records):
        raise grant.lost()
    try:
        operation = records.operations.move(operation_id, OperationState.RUNNING)
    except OperationEnded:
        return None
    work = Work.read(records, operation)
    if work.operation.verb is not Verb.DELETE:
        records.inventory.intend(work.application.id, work.unrecorded())
    return work


def _refuse(records: Records, operation_id: str, error: str) -> None:
    try:
        operation = records.operations.move(operation_id, OperationState.FAILED, error=error)
    except OperationEnded:
        return
    _tell_end(records, operation)
    if makes_revision(records, operation):
        records.revisions.close(operation.application_id, operation.revision, RevisionState.FAILED)


def _tell_end(records: Records, operation: Operation) -> None:
    """In the transaction that ends it, so that it is told once."""
    data = {
        "operation": operation.id,
        "verb": operation.verb.value,
        "state": operation.state.value,
        "message": operation.error,
    }
    records.events.append(about(operation), EventType.OPERATION, data)


def _end(records: Records, work: Work, grant: Grant, state: OperationState, error: str) -> None:
    """The operation, its revision and, after a delete, the application end in one transaction. Raises
    `LeaseLost`."""
    if not grant.holds(records):
        raise grant.lost()
    try:
        _tell_end(records, records.operations.move(work.operation.id, state, error=error))
    except OperationEnded:
        return
    application_id, done = work.application.id, state is OperationState.SUCCEEDED
    if work.operation.verb is Verb.DELETE:
        if done:
            records.applications.delete(application_id)
        return
    if done and work.revision is not None:
        records.revisions.close(application_id, work.revision.number, RevisionState.DEPLOYED)
    elif makes_revision(records, work.operation):
        records.revisions.close(application_id, work.operation.revision, RevisionState.FAILED)
    if work.operation.verb is Verb.ROLLBACK or records.reviews.outdated(application_id):
        records.reviews.request(
            [application_id],
            at=time.time(),
            cause=work.operation.verb.value,
            author=work.operation.author,
            deploy=False,
        )
