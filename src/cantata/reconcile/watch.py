"""Looks at applications when something about them changes: the frame of the loops that watch.

One task for each application, woken by its live objects, by an edit, by the end of an operation, and by a
lease that is ours anew. While an operation of the application waits or runs, nobody looks; what has changed
meanwhile is looked at once, after it. All looks at one application share one read of the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cantata.actions.ports import Ports
from cantata.actions.status import Known, read_known
from cantata.actions.submit import is_busy
from cantata.core.model.drift import Watched
from cantata.core.model.errors import ApplicationNotFound
from cantata.errors import CantataError
from cantata.ports import Changes, ClusterSession, LiveApplication, Records
from cantata.reconcile.lease import Grant
from cantata.reconcile.operations import Operations

log = logging.getLogger(__name__)

COMPANY = 1.0
"""Seconds after a change for which others are awaited: a burst is looked at once, and what passes by within
them is no news."""
BREATH = 0.5
"""Seconds between two looks for applications, however often the loop is woken."""
AGAIN_FIRST, AGAIN_MOST = 1.0, 60.0
"""Seconds until an application is looked at again after a look that failed."""
LATE = 5.0
"""Seconds until a look is tried again that came to nothing, since another server has the lease or something
came between."""
LOOK_SECONDS = 60.0
"""How long one look may take."""
TOGETHER = 16
"""So many applications are looked at at a time, since a server that starts looks at all."""
WITHOUT_END = 86400.0


@dataclass(frozen=True, slots=True)
class Seen:
    """An application as it is known at this moment, whether it was told to be ill, and its live objects,
    which are current."""

    known: Known
    ill: bool
    live: LiveApplication


class Look(Protocol):
    """What is made of it. There is one for each application, which may remember what it saw."""

    async def __call__(self, seen: Seen) -> bool:
        """False when something came between, and it has to be done again."""
        ...


@dataclass(slots=True)
class Watcher:
    """The task of one application. It waits while `idle` is not set; `grant` is that of its last look."""

    watched: Watched
    looks: Sequence[Look]
    task: asyncio.Task[None] | None = None
    bell: Changes | None = None
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    grant: Grant | None = None
    pause: float = AGAIN_FIRST

    def update(self, found: Watched) -> None:
        changed, self.watched = self.watched != found, found
        if found.active:
            self.idle.clear()
            return
        self.idle.set()
        stale = self.grant is not None and not self.grant.good
        if (changed or stale) and self.bell is not None:
            self.bell.ring()


class WatchLoop:
    """The loop. `woken` is rung when an operation has come or ended, an application was edited, or a lease is
    held anew; `makers` make the looks at one application."""

    def __init__(
        self,
        ports: Ports,
        operations: Operations,
        woken: asyncio.Event,
        makers: Iterable[Callable[[], Look]],
        *,
        lease_seconds: float,
    ) -> None:
        self._ports = ports
        self._operations = operations
        self._woken = woken
        self._makers = tuple(makers)
        self._lease_seconds = lease_seconds
        self._watchers: dict[str, Watcher] = {}
        self._gate = asyncio.Semaphore(TOGETHER)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._woken.clear()
                try:
                    await self._find()
                except CantataError as error:
                    log.warning("applications are looked for again in a moment: %s", error)
                await asyncio.sleep(BREATH)
                try:
                    async with asyncio.timeout(self._lease_seconds):
                        await self._woken.wait()
                except TimeoutError:
                    continue
        finally:
            await _end(self._watchers.values())

    async def _find(self) -> None:
        found = {
            each.id: each for each in await self._ports.store.read(lambda records: records.drift.watched())
        }
        await _end([self._watchers.pop(id_) for id_ in self._watchers.keys() - found.keys()])
        for id_, watched in found.items():
            watcher = self._watchers.get(id_)
            if watcher is None:
                watcher = self._watchers[id_] = Watcher(watched, [make() for make in self._makers])
                watcher.task = asyncio.create_task(self._watch(watcher), name=f"watch {watched.name}")
            watcher.update(watched)

    async def _watch(self, watcher: Watcher) -> None:
        """Follows one application, whatever goes wrong with it."""
        while True:
            try:
                await self._follow(watcher)
                continue
            except ApplicationNotFound:
                return
            except (CantataError, TimeoutError) as error:
                log.info("application %s is not watched now: %s", watcher.watched.name, error)
            except Exception:
                log.exception("watching application %s ended with a defect", watcher.watched.name)
            finally:
                watcher.bell = None
            await asyncio.sleep(watcher.pause)
            watcher.pause = min(watcher.pause * 2, AGAIN_MOST)

    async def _follow(self, watcher: Watcher) -> None:
        """Until it is seen through another client, or a look fails."""
        watched = watcher.watched
        await watcher.idle.wait()
        session = await self._ports.clusters.get(watched.project, watched.cluster)
        live = await self._ports.live.observe(session, watched.id, ())
        with live.changes() as changes:
            watcher.bell = changes
            while True:
                await watcher.idle.wait()
                await self._operations.leave(watched.id)
                await live.wait_synced()
                if await self._ports.clusters.get(watched.project, watched.cluster) is not session:
                    return
                watcher.grant = await self._operations.grant(session)
                looked = watcher.grant is not None and await self._look(watcher, session, live)
                await changes.wait(WITHOUT_END if looked else LATE)
                await asyncio.sleep(COMPANY)
                await changes.wait(0)

    async def _look(self, watcher: Watcher, session: ClusterSession, live: LiveApplication) -> bool:
        """False when it has to be done again. What goes wrong with one look holds up no other."""
        id_ = watcher.watched.id
        async with self._gate, asyncio.timeout(LOOK_SECONDS):
            known, ill = await self._ports.store.read(lambda records: _read(records, id_))
            if known is None:
                return False
            kinds = {(record.key.group, record.key.kind) for record in known.inventory}
            await self._ports.live.observe(session, id_, kinds)
            if not live.synced:
                return False
            seen = Seen(known, ill, live)
            done = await asyncio.gather(*(look(seen) for look in watcher.looks), return_exceptions=True)
        for each in done:
            if isinstance(each, BaseException):
                raise each
        watcher.pause = AGAIN_FIRST
        return all(done)


def _read(records: Records, application_id: str) -> tuple[Known | None, bool]:
    """Nothing while an operation waits or runs, or the application goes."""
    application = records.applications.by_id(application_id)
    if application.deleting or is_busy(records, application):
        return None, False
    return read_known(records, application), records.health.is_ill(application_id)


async def _end(watchers: Iterable[Watcher]) -> None:
    tasks = [each.task for each in watchers if each.task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
