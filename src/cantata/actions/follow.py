"""Follow the events of a project or of one application: what the store has, then what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

import msgspec

from cantata.actions.ports import Ports
from cantata.core.model.errors import ApplicationNotFound
from cantata.core.model.events import Event, EventFilter
from cantata.ports import Records
from cantata.ports.events import EVERYTHING

LIMIT = 1000
"""So many events are read at once."""


class Wanted(msgspec.Struct, frozen=True):
    """Events of a project with an id above `since`, or of those that are there the newest `tail`. Without
    `onward` only those that are there."""

    project: str
    filter: EventFilter = EVERYTHING
    since: int = 0
    tail: int | None = None
    onward: bool = True


class _Look(msgspec.Struct, frozen=True):
    events: Sequence[Event]
    seen: int
    """All up to this id have been looked at."""


async def follow_application(ports: Ports, project: str, name: str, since: int = 0) -> AsyncIterator[Event]:
    """Until the application is gone. Raises `ApplicationNotFound` before the first event."""
    application = await ports.store.read(lambda records: records.applications.get(project, name))
    wanted = Wanted(project, EventFilter(application_id=application.id), since)
    async for event in follow(ports, wanted):
        yield event


async def follow(ports: Ports, wanted: Wanted) -> AsyncIterator[Event]:
    """Until the application that is asked for by its id is gone; of a project without end."""
    seen, tail = wanted.since, wanted.tail
    with ports.streams.follower(wanted.project, wanted.filter.application_id) as bell:
        while True:
            bell.clear()
            look = await ports.store.read(partial(_look, wanted=wanted, since=seen, tail=tail))
            if look is None:
                return
            through = tail is not None or len(look.events) < LIMIT
            seen, tail = look.seen, None
            for event in look.events:
                yield event
            if through and not wanted.onward:
                return
            if not look.events:
                await ports.streams.wait(bell)


def _look(records: Records, *, wanted: Wanted, since: int, tail: int | None) -> _Look | None:
    """None when the application is gone."""
    filter_ = wanted.filter
    if filter_.application_id:
        try:
            records.applications.by_id(filter_.application_id)
        except ApplicationNotFound:
            return None
    last = records.events.last_id(wanted.project)
    if tail is not None:
        return _Look(records.events.last(wanted.project, filter_, tail), last)
    events = records.events.since(wanted.project, since, filter_, LIMIT)
    return _Look(events, events[-1].id if len(events) == LIMIT else max(last, since))
