"""Sees by the watch when others change what an application set, tells it, and takes it back by policy.

One task for each application waits for its live objects to change, and then compares those that are not as
they were answered. Nothing is asked of the cluster unless one of these has changed since it was compared.
Only the holder of a cluster's lease looks; while an operation of the application runs, nobody does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cantata.actions.audit import now
from cantata.actions.diff_live import diff_live
from cantata.actions.drift import moved
from cantata.actions.ports import Ports
from cantata.actions.submit import ACTIVE, submit
from cantata.core.drift import Settled, settle
from cantata.core.model.access import Actor, Role
from cantata.core.model.applications import Application, ObjectRecord, Verb
from cantata.core.model.diffs import Diff
from cantata.core.model.drift import Drift, DriftedField, Watched
from cantata.core.model.errors import ApplicationNotFound
from cantata.core.model.events import EventType, about
from cantata.core.model.objects import ObjectKey
from cantata.core.model.plans import Action
from cantata.errors import CantataError
from cantata.ports import Changes, LiveApplication, Page, Records
from cantata.reconcile.operations import Operations

log = logging.getLogger(__name__)

COMPANY = 0.3
"""Seconds after an event for which others are awaited: a burst is looked at once."""
BREATH = 0.5
"""Seconds between two looks for applications, however often the loops are woken."""
AGAIN_FIRST, AGAIN_MOST = 1.0, 60.0
"""Seconds until an application is looked at again that could not be compared."""
LATE = 10.0
"""Seconds until a look that could not be taken is tried again, where nobody rings before: while an operation
ran, the live copy was stale, or another server had the lease."""
WITHOUT_END = 86400.0
BY_POLICY = "drift policy"

Signature = tuple[int, int, frozenset[tuple[ObjectKey, str, str]]]
"""Revision, row version, and UID and resource version of the objects that are not as they were answered."""


@dataclass(slots=True)
class Watcher:
    """The task of one application. `late` says that it has to look although nothing changes."""

    watched: Watched
    task: asyncio.Task[None] | None = None
    bell: Changes | None = None
    late: bool = False
    compared: Signature | None = None
    pause: float = field(default=AGAIN_FIRST)

    def ring(self) -> None:
        if self.bell is not None:
            self.bell.ring()


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of one application at this moment."""

    application: Application
    revision: int
    inventory: Sequence[ObjectRecord]
    drift: Drift
    busy: bool


class DriftLoop:
    """The loop. `woken` is rung when an operation has ended or an application was edited."""

    def __init__(
        self,
        ports: Ports,
        operations: Operations,
        woken: asyncio.Event,
        *,
        lease_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ports = ports
        self._operations = operations
        self._woken = woken
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._watchers: dict[str, Watcher] = {}

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._woken.clear()
                try:
                    await self._look()
                except CantataError as error:
                    log.warning("applications are looked for again in a moment: %s", error)
                await asyncio.sleep(BREATH)
                try:
                    async with asyncio.timeout(self._lease_seconds):
                        await self._woken.wait()
                except TimeoutError:
                    continue
        finally:
            tasks = [each.task for each in self._watchers.values() if each.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        """A watcher for each application, and a push for those that something was edited or deployed of."""
        found = {
            each.id: each for each in await self._ports.store.read(lambda records: records.drift.watched())
        }
        for id_ in self._watchers.keys() - found.keys():
            watcher = self._watchers.pop(id_)
            if watcher.task is not None:
                watcher.task.cancel()
        for id_, watched in found.items():
            known = self._watchers.get(id_)
            if known is None:
                watcher = self._watchers[id_] = Watcher(watched)
                watcher.task = asyncio.create_task(self._watch(watcher))
            elif known.watched != watched or known.late:
                known.watched = watched
                known.ring()

    async def _watch(self, watcher: Watcher) -> None:
        """Follows one application, whatever goes wrong with it."""
        while True:
            try:
                await self._follow(watcher)
            except ApplicationNotFound:
                return
            except (CantataError, TimeoutError) as error:
                log.info("application %s is not watched for drift now: %s", watcher.watched.name, error)
            except Exception:
                log.exception("watching application %s for drift ended with a defect", watcher.watched.name)
            watcher.bell = None
            await asyncio.sleep(watcher.pause)
            watcher.pause = min(watcher.pause * 2, AGAIN_MOST)

    async def _follow(self, watcher: Watcher) -> None:
        """Until the kinds that the application has are others, or something goes wrong."""
        watched = watcher.watched
        session = await self._ports.clusters.get(watched.project, watched.cluster)
        kinds = await self._kinds(watched)
        live = await self._ports.live.observe(session, watched.id, kinds)
        with live.changes() as changes:
            watcher.bell = changes
            while True:
                watcher.late = True
                if (
                    not self._operations.busy(watched.id)
                    and await self._operations.grant(session) is not None
                ):
                    if await self._kinds(watched) - kinds:
                        return
                    watcher.late = not await self._compare(watcher, live)
                    watcher.pause = AGAIN_FIRST
                await changes.wait(LATE if watcher.late else WITHOUT_END)
                await asyncio.sleep(COMPANY)
                await changes.wait(0)

    async def _kinds(self, watched: Watched) -> set[tuple[str, str]]:
        inventory = await self._ports.store.read(lambda records: records.inventory.list(watched.id))
        return {(record.key.group, record.key.kind) for record in inventory}

    async def _compare(self, watcher: Watcher, live: LiveApplication) -> bool:
        """False when it has to be done again: something runs, or the live copy is stale."""
        watched = watcher.watched
        known = await self._ports.store.read(lambda records: _read(records, watched.id))
        if known.busy or not live.synced:
            return False
        suspects = frozenset(_suspects(known.inventory, live))
        signature = (known.revision, known.application.row_version, suspects)
        if signature == watcher.compared:
            return True
        found: tuple[DriftedField, ...] = ()
        if suspects:
            found = tuple(drifted_fields(await diff_live(self._ports, watched.project, watched.name)))
        if not found and not known.drift.fields:
            watcher.compared = signature
            return True
        settled = settle(
            found,
            known.drift,
            revision=known.revision,
            policy=known.application.drift,
            excepted=known.application.drift_except,
            now=self._clock(),
        )
        if not await self._ports.store.write(lambda records: _keep(records, known, settled)):
            return False
        watcher.compared = signature
        self._ports.streams.ring(about(known.application))
        if settled.revert:
            self._ports.wake()
        return True


def _suspects(
    inventory: Iterable[ObjectRecord], live: LiveApplication
) -> Iterator[tuple[ObjectKey, str, str]]:
    """The objects that are not as we were answered when we wrote them."""
    for record in inventory:
        if record.hook or not record.desired or record.completed:
            continue
        seen = live.find(record.key)
        if seen is None:
            yield record.key, "", ""
        elif moved(record, seen):
            yield record.key, seen.metadata.uid, seen.metadata.resource_version


def drifted_fields(diff: Diff) -> Iterator[DriftedField]:
    for plan in diff.services:
        for item in plan.objects:
            if item.action is Action.DELETE:
                yield DriftedField(plan.service, str(item.key), "", at=now())
            for each in item.drift:
                yield DriftedField(plan.service, str(item.key), each.path, each.manager, each.at)


def _read(records: Records, application_id: str) -> Known:
    application = records.applications.by_id(application_id)
    latest = records.revisions.find_latest(application_id)
    return Known(
        application,
        latest.number if latest is not None else 0,
        records.inventory.list(application_id),
        records.drift.find(application_id),
        application.deleting or _is_busy(records, application),
    )


def _is_busy(records: Records, application: Application) -> bool:
    active = records.operations.list(
        application.project, application_id=application.id, states=ACTIVE, page=Page(limit=1)
    )
    return bool(active)


def _keep(records: Records, known: Known, settled: Settled) -> bool:
    """False when something else came between, and nothing was kept."""
    again = _read(records, known.application.id)
    same = (known.revision, known.application.row_version, known.drift)
    if again.busy or (again.revision, again.application.row_version, again.drift) != same:
        return False
    application = again.application
    records.drift.set(application.id, settled.drift)
    for type_, fields in (EventType.DRIFTED, settled.appeared), (EventType.REVERTED, settled.gone):
        for service in sorted({each.service for each in fields}):
            told = [_told(each) for each in fields if each.service == service]
            records.events.append(about(application), type_, {"service": service, "fields": told})
    if settled.revert:
        actor = Actor(BY_POLICY, application.project, Role.OPERATOR)
        submit(records, actor, application, Verb.REVERT, services=settled.revert, cause=BY_POLICY)
    return True


def _told(field_: DriftedField) -> dict[str, object]:
    return {
        "object": field_.object,
        "field": field_.field,
        "manager": field_.manager,
        "at": field_.at,
        "fight": field_.fight,
    }
