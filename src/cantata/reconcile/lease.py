"""Leave to act on one cluster.

A server writes to a cluster only while it holds the cluster's lease, and every write checks that the lease
outlives the request. So a server that was stopped for a while and comes back never writes beside its
successor: its own clock tells it that the lease is over.
"""

from __future__ import annotations

import asyncio
import logging
import time

from cantata.errors import CantataError, Category
from cantata.ports import Store
from cantata.ports.store import Lease

log = logging.getLogger(__name__)


class LeaseLost(CantataError):
    """Another server may act on the cluster by now; this one must not."""

    category = Category.CONFLICT


class ClusterLease:
    """Holds `cluster:<uid>` while `keep` runs.

    `seconds` is how long the lease outlives a holder that died; `margin` is the time that one write may take.
    """

    def __init__(self, store: Store, uid: str, holder: str, seconds: float) -> None:
        self._store = store
        self._holder = holder
        self._seconds = seconds
        self._margin = seconds / 4
        self._lease: Lease | None = None
        self._valid_until = 0.0
        self.name = f"cluster:{uid}"

    @property
    def held(self) -> bool:
        return self._lease is not None and time.monotonic() < self._valid_until - self._margin

    def check(self) -> None:
        """Called before every write. Raises `LeaseLost`."""
        if not self.held:
            raise LeaseLost(f"the lease {self.name} is not ours any more", subject=self.name)

    async def acquire(self) -> bool:
        """Takes or extends the lease; False while another server holds it."""
        began = time.monotonic()
        self._lease = await self._store.write(
            lambda records: records.leases.acquire(
                self.name, self._holder, now=time.time(), seconds=self._seconds
            )
        )
        self._valid_until = began + self._seconds if self._lease else 0.0
        return self._lease is not None

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
