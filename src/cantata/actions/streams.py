"""Event streams: kept by the store, followed as they grow. An application's stream has its id as name."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cantata.ports import Store


class Streams:
    """Wakes who follows a stream. An event that another server appended may take `poll` seconds."""

    def __init__(self, store: Store, poll: float = 2.0) -> None:
        self._store = store
        self._poll = poll
        self._followers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def ring(self, stream: str) -> None:
        """Something was appended to this stream."""
        for follower in self._followers.get(stream, ()):
            follower.set()

    @contextmanager
    def follower(self, stream: str) -> Iterator[asyncio.Event]:
        """A bell for one follower. Clear it before looking, so that what comes meanwhile is not missed."""
        bell = asyncio.Event()
        followers = self._followers[stream]
        followers.add(bell)
        try:
            yield bell
        finally:
            followers.discard(bell)
            if not followers and self._followers.get(stream) is followers:
                del self._followers[stream]

    async def wait(self, bell: asyncio.Event) -> None:
        """Until the bell rings, or long enough to look again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll):
                await bell.wait()
