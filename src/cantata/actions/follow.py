"""Follow the events of a project or of one application: what the store has, then what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

import msgspec

from cantata.actions.audit import now
from cantata.actions.ports import Ports
from cantata.core.model.errors import ApplicationNotFound
from cantata.core.model.events import Event, EventFilter, EventType
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
    """All up to the id `seen` have been looked at; `through` says that these are all for now."""

    events: Sequence[Event]
    seen: int
    through: bool = True


async def follow_application(ports: Ports, project: str, name: str, since: int = 0) -> AsyncIterator[Event]:
    """Until the application is gone. Raises `ApplicationNotFound` before the first event."""
    application = await ports.store.read(lambda records: records.applications.get(project, name))
    wanted = Wanted(project, EventFilter(application_id=application.id), since)
    async for event in follow(ports, wanted):
        yield event


async def follow(ports: Ports, wanted: Wanted) -> AsyncIterator[Event]:
    """Until the application that is asked for by its id is gone; of a project without end. Where events that
    should come next are not kept any more, one of type `gap` stands for them."""
    seen, tail = wanted.since, wanted.tail
    with ports.streams.follower(wanted.project, wanted.filter.application_id) as bell:
        while True:
            bell.clear()
            look = await ports.store.read(partial(_look, wanted=wanted, since=seen, tail=tail))
            if look is None:
                return
            seen, tail = look.seen, None
            for event in look.events:
                yield event
            if look.through and not wanted.onward:
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
    gap = _gap(records, wanted.project, since, last)
    events = records.events.since(wanted.project, gap.id if gap else since, filter_, LIMIT)
    through = len(events) < LIMIT
    return _Look((*([gap] if gap else ()), *events), last if through else events[-1].id, through)


def _gap(records: Records, project: str, since: int, last: int) -> Event | None:
    """What stands for events after `since` that are not there. Who begins at 0 asks for what there is."""
    first = records.events.first_id(project) if since else 1
    if since == 0 or first - 1 <= since <= last:
        return None
    if since > last:
        onto, message = last, f"the stream ends at event {last}: it was set back, or is another one"
    else:
        onto, message = first - 1, f"events {since + 1} to {first - 1} are not kept any more"
    return Event(
        onto, project, "", "", EventType.GAP, now(), {"since": since, "next": onto + 1, "message": message}
    )
