"""Reads the repositories of charts again, each when it is due, on one server at a time.

What fails is told at its repository, and tried again later and later.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from cantata.actions.market_repositories import refresh
from cantata.actions.ports import Ports
from cantata.core.model.errors import EditConflict, NotFound
from cantata.core.model.listings import KeptRepository
from cantata.errors import CantataError
from cantata.ports import Records
from cantata.reconcile.leased_loop import LeasedLoop

log = logging.getLogger(__name__)

LEASE = "market"
TOGETHER = 4
"""So many repositories are read at once."""

LONGEST_PAUSE = 600.0
"""Seconds between two looks, since another server may have changed what is due."""

CLAIM = 600.0
"""So long nobody else takes a repository that is being read, and so late it is read again after a defect."""


class MarketRefresh(LeasedLoop):
    """The loop. Without `ports.refresh_seconds` it never reads anything."""

    def __init__(self, ports: Ports, woken: asyncio.Event, *, holder: str, lease_seconds: float) -> None:
        super().__init__(
            ports, woken, lease=LEASE, holder=holder, lease_seconds=lease_seconds, pause=lease_seconds
        )

    async def look(self) -> float:
        if not self._ports.refresh_seconds:
            return LONGEST_PAUSE
        now = time.time()
        due = await self._ports.store.read(lambda records: records.market.due(now, TOGETHER))
        if not due:
            return await self._until_due()
        if not await self.may_look():
            return self._pause
        await self._ports.store.write(lambda records: claim(records, due, now + CLAIM))
        await asyncio.gather(*map(self._refresh, due))
        return 0

    async def _until_due(self) -> float:
        next_at = await self._ports.store.read(lambda records: records.market.next_at())
        wait = LONGEST_PAUSE if next_at is None else next_at - time.time()
        return min(LONGEST_PAUSE, max(1.0, wait))

    async def _refresh(self, kept: KeptRepository) -> None:
        name = f"{kept.repository.project}/{kept.repository.name}"
        try:
            await refresh(self._ports, kept)
        except (EditConflict, NotFound):
            log.info("repository %s was changed while it was read", name)
        except CantataError as error:
            log.warning("repository %s could not be read: %s", name, error.message)
        except Exception:
            log.exception("reading repository %s met a defect", name)


def claim(records: Records, due: Sequence[KeptRepository], until: float) -> None:
    for kept in due:
        with suppress(EditConflict, NotFound):  # The next look reads what it is now.
            claimed = msgspec.structs.replace(kept.refreshed, next_at=until)
            records.market.refreshed(kept.repository, claimed)
