"""Server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import msgspec
from litestar.response import ServerSentEvent, ServerSentEventMessage

from cantata.api.errors import AnyRequest, RequestInvalid
from cantata.api.wire import event_info
from cantata.core.model.events import Event

BEAT_SECONDS = 15.0
"""How often a quiet stream says that it lives, so that both sides notice a dead connection."""

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


def event_stream(events: AsyncIterator[Event], beat: float = BEAT_SECONDS) -> ServerSentEvent:
    return ServerSentEvent(_messages(events, beat), headers={"Cache-Control": "no-store"})


async def _messages(
    events: AsyncIterator[Event], beat: float
) -> AsyncGenerator[ServerSentEventMessage, None]:
    """The first comment goes out at once, so that the client knows that the stream stands."""
    yield ServerSentEventMessage(comment="open", data=None)
    upcoming = asyncio.ensure_future(anext(events))
    try:
        while True:
            done, _ = await asyncio.wait([upcoming], timeout=beat)
            if not done:
                yield ServerSentEventMessage(comment="beat", data=None)
                continue
            try:
                event = upcoming.result()
            except StopAsyncIteration:
                return
            yield ServerSentEventMessage(
                id=event.id, event=event.type, data=msgspec.json.encode(event_info(event))
            )
            upcoming = asyncio.ensure_future(anext(events))
    finally:
        upcoming.cancel()
        await asyncio.gather(upcoming, return_exceptions=True)
