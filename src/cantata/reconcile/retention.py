"""Deletes what is kept for a limited time only, a little at a time, on one server at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cantata.actions.ports import Ports
from cantata.reconcile.leased_loop import LeasedLoop

LEASE = "retention"
PAUSE = 600.0
"""Seconds between looks when nothing more is due."""

TOGETHER = 1000
"""So many rows go in one transaction at most, since it holds up all others."""

UNNAMED = timedelta(hours=2)
"""So long a blob has to be named by nothing before it goes."""

SWEEP = timedelta(hours=6)
SWEPT = 500

BREATH = 0.1
"""Seconds between such transactions."""


@dataclass(frozen=True, slots=True)
class Limits:
    event_days: float
    events_per_project: int
    operation_days: float
    revisions: int


class Retention(LeasedLoop):
    """The loop."""

    def __init__(
        self,
        ports: Ports,
        limits: Limits,
        *,
        holder: str,
        lease_seconds: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(
            ports, asyncio.Event(), lease=LEASE, holder=holder, lease_seconds=lease_seconds, pause=PAUSE
        )
        self._limits = limits
        self._clock = clock
        self._unnamed: dict[str, datetime] = {}
        self._sweep_at = clock()

    async def look(self) -> float:
        if not await self.may_look():
            return PAUSE
        before = self._days_ago(self._limits.event_days)
        most = self._limits.events_per_project
        gone = await self._ports.store.write(
            lambda records: records.events.retain(before=before, most=most, limit=TOGETHER)
        )
        ended = self._days_ago(self._limits.operation_days)
        gone += await self._ports.store.write(
            lambda records: records.operations.retain(before=ended, limit=TOGETHER)
        )
        if gone:
            return BREATH
        return BREATH if await self._sweep() else PAUSE

    async def _sweep(self) -> int:
        """Blobs that nobody has named in two looks, some time apart, and nobody has put since."""
        now = self._clock()
        if now < self._sweep_at:
            return 0
        keep = self._limits.revisions
        found = set(await self._ports.store.read(lambda records: records.blobs.unnamed(keep)))
        self._unnamed = {address: self._unnamed.get(address, now) for address in found}
        before = now - UNNAMED
        due = [address for address, since in self._unnamed.items() if since <= before][:SWEPT]
        gone = 0
        if due:
            at = stamp(before)
            gone = await self._ports.store.write(lambda records: records.blobs.sweep(due, at))
        self._sweep_at = now if len(due) == SWEPT else now + SWEEP
        return gone

    def _days_ago(self, days: float) -> str:
        return stamp(self._clock() - timedelta(days=days))


def stamp(at: datetime) -> str:
    """A time in UTC as the store writes them."""
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
