"""Requests of one execution to its cluster, tried again while the cluster is out of reach."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from cantata.core.model.events import EventType
from cantata.errors import CantataError, Category
from cantata.reconcile.journal import Journal
from cantata.reconcile.lease import Grant

T = TypeVar("T")
Trouble = Callable[[CantataError], None]
"""Is told what a try was answered that had failed before."""

RETRY_FIRST, RETRY_MOST = 0.25, 5.0
"""Seconds between tries while the cluster does not answer; doubled each time."""


class Requests:
    """`deadline` is how long the cluster may be out of reach, and an object that was deleted may stay, in
    seconds; the end of the lease ends the tries too."""

    def __init__(self, grant: Grant, journal: Journal, deadline: float) -> None:
        self._grant = grant
        self._journal = journal
        self.deadline = deadline

    async def read(self, call: Callable[[], Awaitable[T]], trouble: Trouble | None = None) -> T:
        """Raises `LeaseLost`, and what the call raises when the cluster did answer or the time is up.
        `trouble` hears of it from the second try on: one that fails once is none yet."""
        pause, until, again = RETRY_FIRST, time.monotonic() + self.deadline, False
        while True:
            self._grant.check()
            try:
                return await call()
            except CantataError as error:
                if error.category is not Category.UNAVAILABLE or time.monotonic() + pause > until:
                    raise
                self._journal.tell(EventType.WAITING, message=error.message)
                if again and trouble is not None:
                    trouble(error)
                again = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, RETRY_MOST)

    async def write(self, call: Callable[[], Coroutine[Any, Any, T]], trouble: Trouble | None = None) -> T:
        """As `read`, for one write: each try checks the lease again just before it is sent."""
        return await self.read(lambda: self._grant.write(call), trouble)


async def together(calls: Iterable[Awaitable[Any]]) -> None:
    """Runs them beside each other and raises the first error after all have ended: none goes on alone."""
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
