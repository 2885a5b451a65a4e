"""Server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import msgspec
from litestar.response import ServerSentEvent, ServerSentEventMessage

from cantata.api.errors import AnyRequest, RequestInvalid
from cantata.api.lasting import BEAT_SECONDS, Refused, lasting
from cantata.api.wire import event_info
from cantata.core.model.events import Event

DIGITS = 17
LAST_ID = 10**DIGITS
"""Above every id of an event, and within what a database can compare."""


def last_event_id(request: AnyRequest, since: int) -> int:
    """Where to go on: the header of a reconnecting client goes before the query. Raises `RequestInvalid`."""
    text = request.headers.get("last-event-id", "").strip()
    if not text:
        return since
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS):
        raise RequestInvalid(f"Last-Event-ID {text[:40]!r} is not a number", subject="Last-Event-ID")
    return int(text)


def event_stream(
    events: AsyncIterator[Event], refused: Refused, beat: float = BEAT_SECONDS
) -> ServerSentEvent:
    """Ends once it is `refused`: who comes back to go on is told why."""
    return ServerSentEvent(_messages(events, refused, beat), headers={"Cache-Control": "no-store"})


async def _messages(
    events: AsyncIterator[Event], refused: Refused, beat: float
) -> AsyncGenerator[ServerSentEventMessage, None]:
    """The first comment goes out at once, so that the client knows that the stream stands."""
    yield ServerSentEventMessage(comment="open", data=None)
    async with aclosing(lasting(events, refused, beat)) as items:
        async for event in items:
            if event is None:
                yield ServerSentEventMessage(comment="beat", data=None)
            else:
                data = msgspec.json.encode(event_info(event))
                yield ServerSentEventMessage(id=event.id, event=event.type, data=data)
