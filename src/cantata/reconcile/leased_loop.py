"""A loop that takes what waits in the store, on one server at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod

from cantata.actions.ports import Ports
from cantata.errors import CantataError
from cantata.ports.store import Lease

log = logging.getLogger(__name__)


class LeasedLoop(ABC):
    """`lease` is its name in the store, `pause` the seconds after a look that failed. It looks when it is
    woken, and when a look before has said that something is due."""

    def __init__(
        self,
        ports: Ports,
        woken: asyncio.Event,
        *,
        lease: str,
        holder: str,
        lease_seconds: float,
        pause: float,
    ) -> None:
        self._ports = ports
        self._woken = woken
        self._name = lease
        self._holder = holder
        self._lease_seconds = lease_seconds
        self._pause = pause
        self._lease: Lease | None = None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._woken.clear()
                try:
                    pause = await self.look()
                except CantataError as error:
                    log.warning("%s are looked for again in a moment: %s", self._name, error)
                    pause = self._pause
                try:
                    async with asyncio.timeout(pause):
                        await self._woken.wait()
                except TimeoutError:
                    continue
        finally:
            if (lease := self._lease) is not None:
                await self._ports.store.write(lambda records: records.leases.release(lease))

    @abstractmethod
    async def look(self) -> float:
        """Takes what is due; gives the seconds until something else is."""

    async def may_look(self) -> bool:
        """Whether this server holds the lease, or has it now."""
        self._lease = await self._ports.store.write(
            lambda records: records.leases.acquire(
                self._name, self._holder, now=time.time(), seconds=self._lease_seconds
            )
        )
        return self._lease is not None
