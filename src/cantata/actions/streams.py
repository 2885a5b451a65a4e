"""Event streams: kept by the store, followed as they grow. One per project; an application's is a part of
it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cantata.core.model.events import Subject
from cantata.ports import Store


class Streams:
    """Wakes who follows a stream. An event that another server appended may take `poll` seconds."""

    def __init__(self, store: Store, poll: float = 2.0) -> None:
        self._store = store
        self._poll = poll
        self._followers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def ring(self, subject: Subject) -> None:
        """Something was told of this application."""
        for stream in (_project(subject.project), subject.application_id):
            for follower in self._followers.get(stream, ()):
                follower.set()

    @contextmanager
    def follower(self, project: str, application_id: str = "") -> Iterator[asyncio.Event]:
        """A bell for one follower of a project, or of one application. Clear it before looking, so that what
        comes meanwhile is not missed."""
        bell, stream = asyncio.Event(), application_id or _project(project)
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


def _project(name: str) -> str:
    return f"project {name}"
