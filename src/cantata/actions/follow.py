"""Follow the event stream of an application: what the store has, then what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

from cantata.actions.ports import Ports
from cantata.core.model.applications import Event
from cantata.core.model.errors import ApplicationNotFound
from cantata.ports import Records


def _read(records: Records, *, stream: str, since: int) -> Sequence[Event] | None:
    """None when the application is gone, and its stream with it."""
    try:
        records.applications.by_id(stream)
    except ApplicationNotFound:
        return None
    return records.events.since(stream, since)


async def follow(ports: Ports, project: str, name: str, since: int = 0) -> AsyncIterator[Event]:
    """Events with an id above `since`, until the application is gone. Raises `ApplicationNotFound` before the
    first one."""
    application = await ports.store.read(lambda records: records.applications.get(project, name))
    stream = application.id
    seen = since
    with ports.streams.follower(stream) as bell:
        while True:
            bell.clear()
            events = await ports.store.read(partial(_read, stream=stream, since=seen))
            if events is None:
                return
            for event in events:
                seen = event.id
                yield event
            if not events:
                await ports.streams.wait(bell)
