"""Leave to act on one cluster.

A server writes to a cluster only while it holds the cluster's lease. Every write checks the lease just before
it is sent and is given up before the lease runs out, and the store takes what an execution tells only under
the fence with which that execution began. So a server that was stopped for a while and comes back never acts
beside its successor.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from cantata.errors import CantataError, Category
from cantata.ports import Records, Store
from cantata.ports.store import Lease

log = logging.getLogger(__name__)

T = TypeVar("T")
WRITES = 32
"""Writes to one cluster at a time. The others wait here and not on the way, so that what was checked is sent
at once."""


class LeaseLost(CantataError):
    """Another server may act on the cluster by now; this one must not."""

    category = Category.CONFLICT


class WriteTimedOut(CantataError):
    """A write had no answer while the lease lasted. Whether it came through is not known."""

    category = Category.UNAVAILABLE


class ClusterLease:
    """Holds `cluster:<uid>` while `keep` runs.

    `seconds` is how long the lease outlives a holder that died; the last quarter of it is not used, for
    clocks that differ and for a request that the API server still works on after we have given it up.
    """

    def __init__(self, store: Store, uid: str, holder: str, seconds: float) -> None:
        self._store = store
        self._holder = holder
        self._seconds = seconds
        self._margin = seconds / 4
        self._lease: Lease | None = None
        self._valid_until = 0.0
        self.name = f"cluster:{uid}"
        self.gate = asyncio.Semaphore(WRITES)

    @property
    def fence(self) -> int:
        """The number of this holding, 0 without a lease. It is another one after the lease was lost."""
        return self._lease.fence if self._lease is not None else 0

    @property
    def remaining(self) -> float:
        """Seconds for which the lease may be used. The wall clock counts too: the other one stands still
        while the machine sleeps."""
        if self._lease is None:
            return 0.0
        left = min(self._valid_until - time.monotonic(), self._lease.expires_at - time.time())
        return max(0.0, left - self._margin)

    @property
    def held(self) -> bool:
        return self.remaining > 0

    def grant(self) -> Grant:
        """What one execution acts under. Raises `LeaseLost`."""
        grant = Grant(self, self.fence)
        grant.check()
        return grant

    async def acquire(self) -> bool:
        """Takes or extends the lease; False while another server holds it."""
        began = time.monotonic()
        self._lease = await self._store.write(self.extend)
        self._valid_until = began + self._seconds if self._lease else 0.0
        return self._lease is not None

    def extend(self, records: Records) -> Lease | None:
        """Takes or extends the lease within a transaction; the fence tells which of both it was."""
        return records.leases.acquire(self.name, self._holder, now=time.time(), seconds=self._seconds)

    async def keep(self) -> None:
        """Extends the lease until cancelled. A store that does not answer is asked again: until it does, the
        lease runs out and nothing is written."""
        while True:
            try:
                await self.acquire()
            except CantataError as error:
                log.warning("the lease %s could not be extended: %s", self.name, error)
            await asyncio.sleep(self._seconds / 4)

    async def release(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            await self._store.write(lambda records: records.leases.release(lease))


@dataclass(frozen=True, slots=True)
class Grant:
    """The lease as one execution began under it. Lost and taken again it is another one, since a successor
    may have acted in between."""

    lease: ClusterLease
    fence: int

    def check(self) -> None:
        """Raises `LeaseLost`."""
        if not self.lease.held or self.lease.fence != self.fence:
            raise self.lost()

    def holds(self, records: Records) -> bool:
        """Whether the store, too, knows of no other holder since; asked in the transaction that relies on
        it."""
        kept = self.lease.extend(records)
        return kept is not None and kept.fence == self.fence

    async def write(self, call: Callable[[], Awaitable[T]]) -> T:
        """Sends one write to the cluster while the lease lasts. Raises `LeaseLost`, `WriteTimedOut`.

        A caller that is cancelled waits for the end of a write that is under way: its successor must not be
        overtaken by it.
        """
        async with self.lease.gate:
            self.check()
            sent = asyncio.create_task(self._in_time(call))
            try:
                return await asyncio.shield(sent)
            except asyncio.CancelledError:
                await asyncio.gather(sent, return_exceptions=True)
                raise

    async def _in_time(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self.lease.remaining):
                return await call()
        except TimeoutError as error:
            raise WriteTimedOut(
                "the cluster did not answer a write while the lease lasted", subject=self.lease.name
            ) from error

    def lost(self) -> LeaseLost:
        return LeaseLost(f"the lease {self.lease.name} is not ours any more", subject=self.lease.name)
