"""Answers that last: their items with signs of life between, for as long as whoever asked may ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

from cantata.errors import CantataError

T = TypeVar("T")

Refused = Callable[[], Awaitable[CantataError]]
"""Waits until whoever asked may ask no more, and tells why."""

BEAT_SECONDS = 15.0
"""How often a quiet answer says that it lives, so that both sides notice a dead connection."""


async def lasting(
    items: AsyncIterator[T], refused: Refused, beat: float = BEAT_SECONDS
) -> AsyncGenerator[T | None, None]:
    """The items, with None for each sign of life. It ends with them, or once it is refused."""
    end = asyncio.ensure_future(refused())
    upcoming = asyncio.ensure_future(anext(items))
    try:
        while True:
            done, _ = await asyncio.wait([upcoming, end], timeout=beat, return_when=asyncio.FIRST_COMPLETED)
            if end in done:
                return
            if not done:
                yield None
                continue
            try:
                item = upcoming.result()
            except StopAsyncIteration:
                return
            yield item
            upcoming = asyncio.ensure_future(anext(items))
    finally:
        for task in (upcoming, end):
            task.cancel()
        await asyncio.gather(upcoming, end, return_exceptions=True)
