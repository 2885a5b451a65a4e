"""The services of one operation: started as their conditions hold, watched until they have settled.

Nothing here polls. A watch event names the objects that changed, their services are looked at again, and
what may start now starts. A service that fails leaves its dependents waiting; they start when it heals while
the operation still runs.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress

from cantata.core.health.live_index import LiveIndex
from cantata.core.health.service_health import ServiceHealth, service_health
from cantata.core.model.events import EventType
from cantata.core.model.objects import ObjectKey
from cantata.core.model.plans import Action
from cantata.core.model.states import ServiceState
from cantata.core.model.timing import Mark
from cantata.core.order.graph import DependencyGraph
from cantata.core.order.step import Milestone, Standing, Step, runnable
from cantata.core.plan import Desired
from cantata.errors import CantataError
from cantata.ports import LiveApplication
from cantata.reconcile.apply import Writer
from cantata.reconcile.failures import Failures
from cantata.reconcile.journal import Journal
from cantata.reconcile.lease import LeaseLost

COMPANY = 0.02
"""Seconds after an event for which others are awaited, so that a burst is looked at once."""

STALE = 1.0
"""Seconds after which services are looked at again that could not be seen, since the live copy was stale or
does not have our own writes yet."""

MARKS = {
    Milestone.STARTED: Mark.STARTED,
    Milestone.READY: Mark.READY,
    Milestone.COMPLETED: Mark.COMPLETED,
}

SETTLED = (ServiceState.READY, ServiceState.PAUSED)


class Rollout:
    """`wanted` holds the objects of every deployed service of the application; `selected` are those to
    deploy, `paused` those that are to have no pods. `look_again` brings the live copy up to date where that
    does not come by itself."""

    def __init__(
        self,
        graph: DependencyGraph,
        wanted: Mapping[str, Sequence[Desired]],
        selected: Collection[str],
        live: LiveApplication,
        writer: Writer,
        journal: Journal,
        failures: Failures,
        look_again: Callable[[], Awaitable[object]],
        progress_deadline: float,
        *,
        paused: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._graph = graph
        self._wanted = wanted
        self._selected = set(selected)
        self._live = live
        self._writer = writer
        self._journal = journal
        self._failures = failures
        self._look_again = look_again
        self._progress_deadline = progress_deadline
        self._paused = frozenset(paused)
        self._clock = clock
        self._service_of = {item.key: name for name, items in wanted.items() for item in items}
        self._tasks: dict[str, asyncio.Task[int]] = {}
        self._standings: dict[str, Standing] = {}
        self._shown: dict[str, tuple[object, ...]] = {}
        self._before: defaultdict[str, set[tuple[object, ...]]] = defaultdict(set)
        self._moved_at: dict[str, float] = {}
        self._expired: dict[str, str] = {}
        self._unseen: set[str] = set()
        self._marked: set[tuple[str, Mark]] = set()
        self._healths: dict[str, ServiceHealth] = {}

    async def run(self) -> dict[str, str]:
        """Why services could not be deployed, by service; empty when all selected ones are ready.

        Ends when all are ready, or when what is left has failed or waits for what has failed. Raises
        `LeaseLost`, and whatever is no `CantataError`.
        """
        try:
            return await self._run()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self) -> dict[str, str]:
        with self._live.changes() as changes:
            look_at = set(self._wanted)
            while True:
                for service in sorted(look_at):
                    self._observe(service)
                step = runnable(self._graph, self._standings, self._selected)
                for service in step.start:
                    if service not in self._tasks:
                        task = asyncio.create_task(self._writer.apply(self._wanted[service]))
                        task.add_done_callback(lambda _task: changes.ring())
                        self._tasks[service] = task
                        self._moved(service)
                        self._mark(service, Mark.BEGUN)
                for service, blockers in step.blocked.items():
                    self._show(service, ServiceState.PENDING, "; ".join(map(str, blockers)))
                open_ = [service for service in self._selected if not self._reached(service)]
                failures = {s: self._standings[s].failure for s in open_ if self._failed(s)}
                stuck = [service for service in step.stuck if service in open_]
                if len(failures) + len(stuck) == len(open_):
                    return failures or {s: "; ".join(map(str, step.blocked[s])) for s in stuck}
                active = [service for service in open_ if service not in step.blocked]
                active += self._awaited(step)
                look_at = self._services_of(await changes.wait(self._patience(active)))
                await asyncio.sleep(COMPANY)
                look_at |= self._services_of(await changes.wait(0))
                look_at |= {s for s, task in self._tasks.items() if task.done() and not self._reached(s)}
                if self._unseen:
                    look_at |= self._unseen
                    await self._refresh()
                self._expire(active)

    async def _refresh(self) -> None:
        """A copy that is stale since a kind's definition went does not become current by waiting."""
        with suppress(CantataError, TimeoutError):
            async with asyncio.timeout(STALE):
                await self._look_again()

    def _awaited(self, step: Step) -> list[str]:
        """Services that are not ours to start, but waited for: they have no more time than ours."""
        waited = {blocker.service for blockers in step.blocked.values() for blocker in blockers}
        return sorted(service for service in waited - self._selected if not self._failed(service))

    def _services_of(self, keys: Collection[ObjectKey]) -> set[str]:
        return {self._service_of[key] for key in keys if key in self._service_of}

    def _reached(self, service: str) -> bool:
        return self._standing(service).reached >= Milestone.READY

    def _failed(self, service: str) -> bool:
        return bool(self._standing(service).failure)

    def _standing(self, service: str) -> Standing:
        return self._standings.get(service, Standing())

    def _observe(self, service: str) -> None:
        """Looks at one service and notes where it stands."""
        task = self._tasks.get(service)
        self._unseen.discard(service)
        if service in self._selected and task is None and self._changes(service):
            self._standings[service] = Standing()
        elif task is not None and ((service in self._expired and not task.done()) or task.cancelled()):
            return  # Its time was up while it was being applied, and `_expire` has said so.
        elif task is not None and not task.done():
            self._show(service, ServiceState.PROGRESSING, "being applied")
        elif task is not None and (error := task.exception()) is not None:
            self._not_applied(service, error)
        elif not self._live.synced:
            self._unseen.add(service)
        else:
            self._judge(service, self.health(service))

    def _not_applied(self, service: str, error: BaseException) -> None:
        """What the cluster refused is the service's failure; a lost lease and a defect are not."""
        if isinstance(error, LeaseLost) or not isinstance(error, CantataError):
            raise error
        self._standings[service] = Standing(failure=str(error))
        self._failures.of_error(service, error, self._wanted[service])
        self._show(service, ServiceState.FAILED, str(error))

    def _changes(self, service: str) -> bool:
        return any(
            self._writer.decide(desired).action is not Action.UNCHANGED for desired in self._wanted[service]
        )

    def health(self, service: str) -> ServiceHealth:
        """A service without an object of its own has definitions only, which are served before a rollout."""
        keys = [desired.key for desired in self._wanted[service]]
        if not keys:
            return ServiceHealth(ServiceState.READY)
        index = LiveIndex(self._live.family(keys))
        paused = service in self._paused
        return service_health(keys, index, paused=paused, finished=self._finished(service))

    def _finished(self, service: str) -> set[ObjectKey]:
        """The Jobs that are recorded as completed: they hold when their objects are gone."""
        return {
            desired.key
            for desired in self._wanted[service]
            if (record := self._writer.records.get(desired.key)) is not None
            and record.completed
            and record.desired == desired.digest
        }

    def _judge(self, service: str, health: ServiceHealth) -> None:
        applied = service in self._tasks
        expected = {desired.key for desired in self._wanted[service]} - self._finished(service)
        if applied and any(map(self._writer.behind, expected)):
            self._unseen.add(service)
            self._standings[service] = Standing(Milestone.STARTED, self._expired.get(service, ""))
            self._mark_all(service, Milestone.STARTED)
            if service not in self._expired:
                self._show(service, ServiceState.PROGRESSING, "waiting for the cluster to take notice")
            return
        if health.completed:
            reached = Milestone.COMPLETED
            for desired in self._wanted[service]:
                if desired.gvk.kind == "Job":
                    self._writer.complete(desired.key)
        elif health.state in SETTLED:
            reached = Milestone.READY
        elif applied or health.state is not ServiceState.NOT_DEPLOYED:
            reached = Milestone.STARTED
        else:
            reached = Milestone.WAITING
        if applied:
            self._mark_all(service, reached)
        if reached >= Milestone.READY:
            self._expired.pop(service, None)
            self._before[service].clear()
        self._note_trouble(service, health)
        failure = health.message if health.state is ServiceState.FAILED else self._expired.get(service, "")
        self._standings[service] = Standing(reached, failure)
        if service not in self._expired:
            self._show(service, health.state, health.message, health)

    def _mark_all(self, service: str, reached: Milestone) -> None:
        """Who is ready has started, too."""
        for milestone, mark in MARKS.items():
            if milestone <= reached:
                self._mark(service, mark)

    def _mark(self, service: str, mark: Mark) -> None:
        """Notes when a service came so far for the first time."""
        if (service, mark) not in self._marked:
            self._marked.add((service, mark))
            self._journal.reached(service, mark)

    def _note_trouble(self, service: str, health: ServiceHealth) -> None:
        """Has a card made of what keeps a service from coming up, and drops that of one that has."""
        self._healths[service] = health
        if service not in self._selected:
            return
        if health.state is ServiceState.FAILED or health.causes:
            self._failures.of_health(service, self._keys(service), health)
        elif service not in self._expired:
            self._failures.healed(service)

    def _keys(self, service: str) -> list[ObjectKey]:
        return [desired.key for desired in self._wanted[service]]

    def _show(
        self, service: str, state: ServiceState, message: str, health: ServiceHealth | None = None
    ) -> None:
        """Tells a service's state when it is another one than last told. To come back to one is no progress:
        who goes to and fro would have time without end."""
        counts = (health.ready, health.desired) if health else (None, None)
        shown = (state, message, *counts)
        progress = (*shown, health.updated if health else None)
        if progress not in self._before[service]:
            self._before[service].add(progress)
            self._moved(service)
        if self._shown.get(service) == shown:
            return
        self._shown[service] = shown
        if service in self._selected:
            self._journal.tell(
                EventType.SERVICE,
                service=service,
                state=state.value,
                message=message,
                ready=counts[0],
                desired=counts[1],
            )

    def _moved(self, service: str) -> None:
        self._moved_at[service] = self._clock()

    def _patience(self, active: Sequence[str]) -> float:
        """Seconds until the first of the services that are under way runs out of time."""
        now = self._clock()
        since = min((self._moved_at.get(s, now) for s in active if not self._failed(s)), default=now)
        patience = max(0.0, since + self._progress_deadline - now)
        return min(patience, STALE) if self._unseen else patience

    def _expire(self, active: Sequence[str]) -> None:
        """A service that made no progress for the deadline has failed."""
        now = self._clock()
        for service in active:
            if self._failed(service) or now - self._moved_at.get(service, now) < self._progress_deadline:
                continue
            message = self._shown[service][1] if service in self._shown else ""
            why = f"no progress for {self._progress_deadline:.0f} s" + (f": {message}" if message else "")
            if service in self._tasks:
                self._tasks[service].cancel()
            self._expired[service] = why
            self._failures.of_deadline(service, self._keys(service), self._healths.get(service), why)
            self._standings[service] = Standing(self._standing(service).reached, why)
            self._show(service, ServiceState.FAILED, why)
