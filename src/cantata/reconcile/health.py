"""Tells when an application that nobody is at falls ill, and when it is well again: each once.

It is judged as a status does. What was told last stands in the store, so that a server that starts tells only
what is news.
"""

from __future__ import annotations

from cantata.actions.ports import Ports
from cantata.actions.status import Look, status_of
from cantata.actions.submit import is_busy
from cantata.core.health.transitions import ILL, transition
from cantata.core.model.events import EventType, about
from cantata.core.model.status import ApplicationStatus
from cantata.ports import Records
from cantata.reconcile.watch import Seen

TOLD = 20
"""So many services are named at most."""


class HealthLook:
    """The look at the health of one application."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def __call__(self, seen: Seen) -> bool:
        status = await status_of(self._ports, seen.known, Look(live=seen.live))
        if transition(status.state, was_ill=seen.ill) is None:
            return True
        if not await self._ports.store.write(lambda records: tell(records, status)):
            return False
        self._ports.streams.ring(about(status.application))
        self._ports.wake()
        return True


def tell(records: Records, status: ApplicationStatus) -> bool:
    """Notes and tells what is news; False when something came between. While an operation is under way or the
    application goes, nothing is news: it tells of services itself."""
    application = records.applications.by_id(status.application.id)
    if application.deleting or is_busy(records, application):
        return False
    news = transition(status.state, was_ill=records.health.is_ill(application.id))
    if news is None:
        return True
    records.health.set_ill(application.id, news is EventType.DEGRADED)
    services = [
        {"service": each.name, "state": each.state.value, "message": each.message}
        for each in status.services
        if each.state in ILL
    ]
    data = {"state": status.state.value, "services": services[:TOLD]}
    records.events.append(about(application), news, data)
    return True
