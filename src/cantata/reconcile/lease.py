"""Leave to act on one cluster.

A server writes to a cluster only while it holds the cluster's lease. Every write checks the lease just before
it is sent, and is given up when the lease runs out before the answer comes. The store takes what an execution
tells only under the fence with which that execution began. So a server that was stopped for a while and comes
back never acts beside its successor.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from cantata.errors import CantataError, Category
from cantata.ports import Records, Store
from cantata.ports.store import Lease

log = logging.getLogger(__name__)

T = TypeVar("T")
WRITES = 32
"""Writes to one cluster at a time. The others wait here and not on the way, so that what was checked is sent
at once."""

LAST_WRITE = 2.0
"""Seconds that the end of an execution waits for a write that is under way. A request that is given up after
that is given up by the API server too, since its connection is closed."""

MOMENT = 0.02
"""Seconds until a lease is asked for again that has just run out."""


class LeaseLost(CantataError):
    """Another server may act on the cluster by now; this one must not."""

    category = Category.CONFLICT


class ClusterLease:
    """Holds `cluster:<uid>` while `keep` runs.

    `seconds` is how long the lease outlives a holder that died. The last quarter of it is not used, for
    clocks that differ and for a request that the API server still works on after we have given it up.
    """

    def __init__(self, store: Store, uid: str, holder: str, seconds: float) -> None:
        self._store = store
        self._holder = holder
        self._seconds = seconds
        self._margin = seconds / 4
        self._lease: Lease | None = None
        self._valid_until = 0.0
        self._taken_until = 0.0
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
        self._lease, self._taken_until = await self._store.write(self._acquire)
        self._valid_until = began + self._seconds if self._lease else 0.0
        return self._lease is not None

    def _acquire(self, records: Records) -> tuple[Lease | None, float]:
        return self.extend(records), records.leases.expires_at(self.name)

    def extend(self, records: Records) -> Lease | None:
        """Takes or extends the lease within a transaction; the fence tells which of both it was."""
        return records.leases.acquire(self.name, self._holder, now=time.time(), seconds=self._seconds)

    async def keep(self, taken: Callable[[], object]) -> None:
        """Extends the lease until cancelled, and takes it at the moment at which it runs out at another
        server; `taken` is called when it is ours anew. A store that does not answer is asked again: until it
        does, the lease runs out and nothing is written."""
        while True:
            fence = self.fence
            try:
                await self.acquire()
            except CantataError as error:
                log.warning("the lease %s could not be extended: %s", self.name, error)
            except Exception:
                log.exception("the lease %s could not be extended, by a defect", self.name)
            if self.fence not in (0, fence):
                taken()
            await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        """Until it is extended; of another server, until it runs out, which that one may put off."""
        quarter = self._seconds / 4
        if self._lease is not None:
            return quarter
        return min(quarter, max(MOMENT, self._taken_until - time.time()))

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

    @property
    def good(self) -> bool:
        return self.lease.held and self.lease.fence == self.fence

    def check(self) -> None:
        """Raises `LeaseLost`."""
        if not self.good:
            raise self.lost()

    def holds(self, records: Records) -> bool:
        """Whether the store, too, knows of no other holder since; asked in the transaction that relies on
        it."""
        kept = self.lease.extend(records)
        return kept is not None and kept.fence == self.fence

    async def write(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Sends one write to the cluster and waits for its answer as long as the lease lasts, with all that
        the client does meanwhile to get one. Raises `LeaseLost`.

        A caller that is cancelled still waits a moment for the answer: a write that is under way must not
        overtake the first one of whoever comes next.
        """
        async with self.lease.gate:
            self.check()
            sent = asyncio.create_task(call())
            try:
                while not sent.done():
                    await asyncio.wait([sent], timeout=self.lease.remaining)
                    if not sent.done():
                        self.check()
                return sent.result()
            finally:
                if not sent.done():
                    await asyncio.wait([sent], timeout=min(LAST_WRITE, self.lease.remaining))
                    sent.cancel()
                    await asyncio.gather(sent, return_exceptions=True)

    def lost(self) -> LeaseLost:
        return LeaseLost(f"the lease {self.lease.name} is not ours any more", subject=self.lease.name)
