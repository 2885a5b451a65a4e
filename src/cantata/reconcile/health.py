"""Tells when an application that nobody is at falls ill, and when it is well again: each once.

One task for each application waits for its live objects to change and judges it as a status does. What was
told last stands in the store, so that a server that starts tells only what is news.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from cantata.actions.ports import Ports
from cantata.actions.status import application_status
from cantata.core.health.transitions import ILL, transition
from cantata.core.model.drift import Watched
from cantata.core.model.errors import ApplicationNotFound
from cantata.core.model.events import EventType, about
from cantata.core.model.status import ApplicationStatus
from cantata.errors import CantataError
from cantata.ports import Changes, Records
from cantata.reconcile.operations import Operations

log = logging.getLogger(__name__)

COMPANY = 1.0
"""Seconds after a change for which others are awaited: what passes by then is no news."""

BREATH = 0.5
"""Seconds between two looks for applications, however often the loop is woken."""

AGAIN = 15.0
"""Seconds until an application is looked at again that could not be judged."""

WITHOUT_END = 86400.0

TOLD = 20
"""So many services are named at most."""


@dataclass(slots=True)
class Patient:
    watched: Watched
    task: asyncio.Task[None] | None = None
    bell: Changes | None = None

    def ring(self) -> None:
        if self.bell is not None:
            self.bell.ring()


class HealthLoop:
    """The loop. `woken` is rung when an operation has ended."""

    def __init__(
        self, ports: Ports, operations: Operations, woken: asyncio.Event, *, lease_seconds: float
    ) -> None:
        self._ports = ports
        self._operations = operations
        self._woken = woken
        self._lease_seconds = lease_seconds
        self._patients: dict[str, Patient] = {}

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
            await _end(self._patients.values())

    async def _look(self) -> None:
        found = {
            each.id: each for each in await self._ports.store.read(lambda records: records.drift.watched())
        }
        gone = [self._patients.pop(id_) for id_ in self._patients.keys() - found.keys()]
        await _end(gone)
        for id_, watched in found.items():
            known = self._patients.get(id_)
            if known is None:
                patient = self._patients[id_] = Patient(watched)
                patient.task = asyncio.create_task(self._watch(patient))
            elif known.watched != watched:
                known.watched = watched
                known.ring()

    async def _watch(self, patient: Patient) -> None:
        while True:
            try:
                await self._follow(patient)
            except ApplicationNotFound:
                return
            except (CantataError, TimeoutError) as error:
                log.info("application %s is not watched now: %s", patient.watched.name, error)
            except Exception:
                log.exception("watching application %s ended with a defect", patient.watched.name)
            patient.bell = None
            await asyncio.sleep(AGAIN)

    async def _follow(self, patient: Patient) -> None:
        watched = patient.watched
        session = await self._ports.clusters.get(watched.project, watched.cluster)
        inventory = await self._ports.store.read(lambda records: records.inventory.list(watched.id))
        kinds = {(record.key.group, record.key.kind) for record in inventory}
        live = await self._ports.live.observe(session, watched.id, kinds)
        with live.changes() as changes:
            patient.bell = changes
            while True:
                free = not self._operations.busy(watched.id)
                ours = free and await self._operations.grant(session) is not None
                if ours:
                    await self._judge(patient.watched)
                await changes.wait(WITHOUT_END if ours else AGAIN)
                await asyncio.sleep(COMPANY)
                await changes.wait(0)

    async def _judge(self, watched: Watched) -> None:
        status = await application_status(self._ports, watched.project, watched.name, cards=False)
        if await self._ports.store.read(lambda records: news_of(records, status)) is None:
            return
        told = await self._ports.store.write(lambda records: tell(records, status))
        if told is not None:
            self._ports.streams.ring(about(status.application))
            self._ports.wake()


def news_of(records: Records, status: ApplicationStatus) -> EventType | None:
    """While an operation is under way or its application goes, nothing is news: it tells of services
    itself."""
    application, operation = status.application, status.operation
    if application.deleting or (operation is not None and not operation.state.ended):
        return None
    return transition(status.state, was_ill=records.health.is_ill(application.id))


def tell(records: Records, status: ApplicationStatus) -> EventType | None:
    """Notes and tells what is news."""
    application = status.application
    news = news_of(records, status)
    if news is None:
        return None
    records.health.set_ill(application.id, news is EventType.DEGRADED)
    services = [
        {"service": each.name, "state": each.state.value, "message": each.message}
        for each in status.services
        if each.state in ILL
    ]
    data = {"state": status.state.value, "services": services[:TOLD]}
    records.events.append(about(application), news, data)
    return news


async def _end(patients: Iterable[Patient]) -> None:
    tasks = [each.task for each in patients if each.task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
