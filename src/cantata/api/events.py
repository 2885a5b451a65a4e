"""The stream of a project's events."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import ServerSentEvent

from cantata.actions.follow import Wanted, follow
from cantata.api.authentication import needs, refusal_of
from cantata.api.conditions import ThePorts
from cantata.api.errors import RequestInvalid
from cantata.api.stream import LAST_ID, event_stream, last_event_id
from cantata.contract import states
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.events import EventFilter, EventType

TAIL = 1000


@get("/", opt=needs(Verb.READ, Noun.EVENT))
async def events(
    request: Request[Any, Any, Any],
    ports: ThePorts,
    project: FromPath[str],
    application: FromQuery[str] = "",
    of_type: Annotated[list[str] | None, QueryParameter(name="type")] = None,
    since: Annotated[int, QueryParameter(ge=0, lt=LAST_ID)] = 0,
    tail: Annotated[int | None, QueryParameter(ge=0, le=TAIL)] = None,
    onward: Annotated[bool, QueryParameter(name="follow")] = True,
) -> ServerSentEvent:
    """Follow the events of a project as server-sent events, of one application or all, of some types or all.

    Last-Event-ID, or `since`, resumes; `tail` begins with the newest so many. With `follow=false` the stream
    ends with what is there."""
    start = last_event_id(request, since)
    wanted = Wanted(
        project,
        EventFilter(application=application, types=_types(of_type or [])),
        start,
        tail if start == 0 else None,
        onward,
    )
    return event_stream(follow(ports, wanted), refusal_of(request))


def _types(words: list[str]) -> tuple[EventType, ...]:
    known = get_args(states.EventType)
    for word in words:
        if word not in known:
            raise RequestInvalid(
                f"{word[:40]!r} is no type of events", subject="type", hint=f"There are {', '.join(known)}."
            )
    return tuple(map(EventType, words))


router = Router("/events", route_handlers=[events], tags=["event"])
