"""Takes journalled operations up and runs them.

One operation per application at a time, any number of applications beside each other. The loop acts on what
the store says, so an operation of a server that died is an operation like any other once its lease has run
out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from cantata.actions.operations import makes_revision
from cantata.actions.ports import Ports
from cantata.core.model.applications import Operation, OperationState, RevisionState, Verb
from cantata.core.model.cards import FailureCard
from cantata.core.model.errors import OperationEnded
from cantata.core.model.events import EventFilter, EventType, Subject, about
from cantata.core.order.queue import Candidate, admit
from cantata.core.values import mask
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession, Records
from cantata.ports.store import ActiveOperation
from cantata.reconcile.execution import Execution, Work
from cantata.reconcile.journal import Journal, JournalDesk
from cantata.reconcile.lease import ClusterLease, Grant, LeaseLost

log = logging.getLogger(__name__)

REVISED_ALREADY = frozenset({Verb.REVERT, Verb.TEST})
"""Verbs that act for a revision which ended before, and tell nothing of how it ended."""

SERVED = 1000
"""So many turns of projects are remembered by cluster."""


@dataclass(slots=True)
class ClusterTurn:
    """The lease of one cluster and the task that keeps it."""

    lease: ClusterLease
    keeper: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class Running:
    """An operation under way here."""

    application_id: str
    cluster: str
    task: asyncio.Task[None]


class Operations:
    """The loop. `lease_seconds` is also how long a dead server's operations wait to be taken up;
    `progress_deadline` ends a service that makes no progress; `together` is how many operations may run on
    one cluster at a time."""

    def __init__(
        self,
        ports: Ports,
        woken: asyncio.Event,
        *,
        holder: str,
        lease_seconds: float,
        progress_deadline: float,
        together: int,
    ) -> None:
        self._ports = ports
        self._woken = woken
        self._holder = holder
        self._lease_seconds = lease_seconds
        self._progress_deadline = progress_deadline
        self._together = together
        self._served: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=SERVED))
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
        active = await self._ports.store.read(lambda records: records.operations.active())
        self._cancel_all_but({each.id for each in active})
        by_cluster: dict[tuple[str, str], list[ActiveOperation]] = {}
        for each in active:
            if each.id not in self._running:
                by_cluster.setdefault((each.project, each.cluster), []).append(each)
        queues: dict[str, tuple[ClusterLease, list[Candidate]]] = {}
        for (project, cluster), waiting in by_cluster.items():
            turn = await self._turn_for(project, cluster, waiting)
            if turn is not None:
                queue = queues.setdefault(turn.lease.name, (turn.lease, []))[1]
                queue += map(candidate, waiting)
        for lease, candidates in queues.values():
            self._admit(lease, candidates)

    def _admit(self, lease: ClusterLease, waiting: Sequence[Candidate]) -> None:
        """An application stays busy until a cancelled operation has let go of it, which wakes the loop."""
        if not lease.held:
            return
        busy = {running.application_id for running in self._running.values()} | self._held
        slots = self._together - sum(each.cluster == lease.name for each in self._running.values())
        served = self._served[lease.name]
        for each in admit(waiting, busy, slots, tuple(served)):
            served.append(each.project)
            self._start(each, lease)

    def _cancel_all_but(self, alive: set[str]) -> None:
        """Ends what was cancelled or superseded. Once: a second time would interrupt the tidying up."""
        for operation_id, running in self._running.items():
            if operation_id not in alive and not running.task.cancelling():
                log.info("operation %s is left: it was ended by a request or by another server", operation_id)
                running.task.cancel()

    async def _turn_for(
        self, project: str, cluster: str, waiting: Sequence[ActiveOperation]
    ) -> ClusterTurn | None:
        """None when the cluster cannot be had: for now, or, with the operations ended, at all."""
        try:
            session = await self._ports.clusters.get(project, cluster)
        except CantataError as error:
            log.warning("operations on cluster %s of project %s cannot run: %s", cluster, project, error)
            if error.category is not Category.UNAVAILABLE:
                told = str(error)
                await self._ports.store.write(lambda records: _refuse_all(records, waiting, told))
                for each in waiting:
                    self._ports.streams.ring(Subject(project, each.application_id, ""))
                self._ports.wake()
            return None
        return await self._turn(session.uid)

    async def grant(self, session: ClusterSession) -> Grant | None:
        """Leave to act on a cluster beside the operations; None while another server has the lease."""
        lease = (await self._turn(session.uid)).lease
        return lease.grant() if lease.held else None

    async def leave(self, application_id: str) -> None:
        """Waits until no operation of the application runs here."""
        while running := [
            each.task for each in self._running.values() if each.application_id == application_id
        ]:
            await asyncio.wait(running)

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
                turn = ClusterTurn(lease, asyncio.create_task(lease.keep(self._ports.wake)))
                self._turns[uid] = turn
            return turn

    def _start(self, waiting: Candidate, lease: ClusterLease) -> None:
        task = asyncio.create_task(self._run(waiting.operation, lease.grant()))
        self._running[waiting.operation] = Running(waiting.application, lease.name, task)
        task.add_done_callback(lambda done: self._ended(waiting.operation, done))

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
            why, failures = await self._execute(work, grant, journal)
            why = mask(why, work.secrets)
            state = OperationState.FAILED if why else OperationState.SUCCEEDED
            await journal.flush()
            await self._ports.store.write(lambda records: _end(records, work, grant, state, why, failures))
        except LeaseLost as lost:
            log.warning("operation %s is left to another server: %s", operation_id, lost)
            return
        except CantataError as error:
            if error.category is Category.UNAVAILABLE:
                raise
            # What it is to do cannot be read, and will not be the next time.
            told = str(error)
            await self._ports.store.write(lambda records: _refuse(records, operation_id, told))
            return
        self._ports.streams.ring(journal.subject)

    async def _execute(
        self, work: Work, grant: Grant, journal: Journal
    ) -> tuple[str, tuple[FailureCard, ...]]:
        """Why the operation failed, with the cards; empty when it did not. Raises `LeaseLost`."""
        execution = Execution(self._ports, work, grant, journal, self._progress_deadline)
        try:
            await execution.run()
        except LeaseLost:
            raise
        except CantataError as failure:
            return failure.message + (f" ({failure.hint})" if failure.hint else ""), execution.cards
        except Exception:
            log.exception("operation %s ended with a defect", work.operation.id)
            return "an error inside Cantata; the server's log has the details", ()
        return "", ()

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


def candidate(operation: ActiveOperation) -> Candidate:
    begun = operation.state is OperationState.RUNNING
    return Candidate(operation.id, operation.application_id, operation.project, begun)


def _begin(records: Records, operation_id: str, grant: Grant) -> Work | None:
    """None when the operation was ended meanwhile. Raises `LeaseLost`."""
    if not grant.holds(records):
        raise grant.lost()
    try:
        before = records.operations.by_id(operation_id)
        operation = records.operations.move(operation_id, OperationState.RUNNING, failures=())
    except OperationEnded:
        return None
    if before.state is OperationState.RUNNING:
        _log_taken_up(records, operation)
    work = Work.read(records, operation)
    if work.operation.verb not in (Verb.DELETE, Verb.TEST):
        records.inventory.intend(work.application.id, work.unrecorded())
    return work


def _log_taken_up(records: Records, operation: Operation) -> None:
    """With the time since the server that was at it last told something."""
    of = EventFilter(application_id=operation.application_id)
    told = records.events.last(operation.project, of, 1)
    since = datetime.now(UTC) - datetime.fromisoformat(told[-1].at if told else operation.started_at)
    log.info(
        "operation %s is taken up again, %.1f s after the last word of it",
        operation.id,
        since.total_seconds(),
    )


def _refuse_all(records: Records, operations: Iterable[ActiveOperation], error: str) -> None:
    for each in operations:
        _refuse(records, each.id, error)


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


def _end(
    records: Records,
    work: Work,
    grant: Grant,
    state: OperationState,
    error: str,
    failures: Sequence[FailureCard],
) -> None:
    """The operation, its revision and, after a delete, the application end in one transaction. Raises
    `LeaseLost`."""
    if not grant.holds(records):
        raise grant.lost()
    try:
        ended = records.operations.move(work.operation.id, state, error=error, failures=failures)
        _tell_end(records, ended)
    except OperationEnded:
        return
    application_id, done = work.application.id, state is OperationState.SUCCEEDED
    if work.operation.verb is Verb.DELETE:
        if done:
            records.applications.delete(application_id)
        return
    if work.operation.verb in REVISED_ALREADY:
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
