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

BREATH = 0.1
"""Seconds between such transactions."""


@dataclass(frozen=True, slots=True)
class Limits:
    event_days: float
    events_per_project: int


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

    async def look(self) -> float:
        if not await self.may_look():
            return PAUSE
        before = self._days_ago(self._limits.event_days)
        most = self._limits.events_per_project
        gone = await self._ports.store.write(
            lambda records: records.events.retain(before=before, most=most, limit=TOGETHER)
        )
        return BREATH if gone else PAUSE

    def _days_ago(self, days: float) -> str:
        at = self._clock() - timedelta(days=days)
        return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
