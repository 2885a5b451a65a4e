"""Event streams: kept by the store, followed as they grow. An application's stream has its id as name."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from cantata.ports import Store


class Streams:
    """Appends events and wakes who follows. An event of another server may take
    `poll` seconds."""

    def __init__(self, store: Store, poll: float = 2.0) -> None:
        self._store = store
        self._poll = poll
        self._followers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def ring(self, stream: str) -> None:
        """Something was appended to this stream."""
        for follower in self._followers.get(stream, ()):
            follower.set()

    async def wait(self, stream: str, bell: asyncio.Event) -> None:
        """Until something was appended, or long enough to look again. `bell` is the follower's own."""
        followers = self._followers[stream]
        followers.add(bell)
        try:
            async with asyncio.timeout(self._poll):
                await bell.wait()
        except TimeoutError:
            pass
        finally:
            bell.clear()
            followers.discard(bell)
            if not followers:
                self._followers.pop(stream, None)
