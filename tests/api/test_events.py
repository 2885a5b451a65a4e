"""The stream of a project over HTTP, by the real client."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from cantata.client import Client, RemoteError
from cantata.contract.events import EventInfo, GapEvent
from cantata.core.model.applications import Application
from cantata.core.model.events import EventType, Subject, about
from cantata.ports.events import Told
from cantata.server.compose import Composed

DEADLINE = 20.0


async def tell(parts: Composed, subject: Subject, *told: tuple[EventType, int]) -> None:
    items = [Told(subject, type_, {"n": number}) for type_, number in told]
    await parts.ports.store.write(lambda records: records.events.append_all(items))
    parts.ports.streams.ring(subject)


@pytest.fixture
async def stream(parts: Composed, application: Application) -> Subject:
    """Of the application 1 and 3, of another one 2; gives the application."""
    mine = about(application)
    await tell(parts, mine, (EventType.OPERATION, 1))
    await tell(parts, Subject("default", "x", "other"), (EventType.SERVICE, 2))
    await tell(parts, mine, (EventType.SERVICE, 3))
    return mine


@pytest.mark.usefixtures("stream")
async def test_what_is_there_is_given_and_the_stream_ends(client: Client) -> None:
    async def ids(**query: object) -> list[int]:
        found = client.events.follow(onward=False, **query)  # type: ignore[arg-type]
        async with asyncio.timeout(DEADLINE):
            return [event.id async for event in found]

    assert await ids() == [1, 2, 3]
    assert await ids(application="shop-dev") == [1, 3]
    assert await ids(types=("service",)) == [2, 3]
    assert await ids(types=("service", "operation"), since=1) == [2, 3]
    assert await ids(tail=2) == [2, 3]
    assert await ids(tail=0) == []
    assert await ids(application="nobody") == []


async def test_a_filtered_stream_goes_on_and_outlives_the_application(
    client: Client, parts: Composed, stream: Subject
) -> None:
    found: list[EventInfo] = []
    begun = asyncio.Event()

    async def take() -> None:
        async for event in client.events.follow(application="shop-dev", types=("service",), tail=1):
            found.append(event)
            begun.set()
            if len(found) == 3:
                return

    async with asyncio.timeout(DEADLINE):
        taking = asyncio.create_task(take())
        await begun.wait()
        await tell(parts, Subject("default", "x", "other"), (EventType.SERVICE, 4))
        await tell(parts, stream, (EventType.OPERATION, 5), (EventType.SERVICE, 6))
        await parts.ports.store.write(lambda records: records.applications.delete(stream.application_id))
        await tell(parts, stream, (EventType.SERVICE, 7))
        await taking
    assert [event.data["n"] for event in found] == [3, 6, 7]
    assert {event.application for event in found} == {"shop-dev"}


async def test_an_application_s_stream_has_the_ids_of_its_project(client: Client, stream: Subject) -> None:
    ids = []
    async with asyncio.timeout(DEADLINE):
        async for event in client.applications.events(stream.application):
            ids.append(event.id)
            if len(ids) == 2:
                break
    assert ids == [1, 3]


async def retained(parts: Composed, most: int) -> None:
    await parts.ports.store.write(lambda records: records.events.retain(before="", most=most, limit=1000))


@pytest.mark.usefixtures("stream")
@pytest.mark.parametrize(
    ("since", "told"),
    [
        (0, [(3, "service")]),
        (1, [(2, "gap"), (3, "service")]),
        (2, [(3, "service")]),
        (3, []),
        (9, [(3, "gap")]),
    ],
)
async def test_what_is_not_kept_any_more_is_told_as_a_gap(
    since: int, told: list[tuple[int, str]], client: Client, parts: Composed
) -> None:
    await retained(parts, 1)
    async with asyncio.timeout(DEADLINE):
        found = [event async for event in client.events.follow(since=since, onward=False)]
    assert [(event.id, event.type) for event in found] == told
    for gap in (event for event in found if event.type == "gap"):
        data = msgspec.convert(gap.data, GapEvent, strict=True)
        assert (data.since, data.next) == (since, gap.id + 1)
        async with asyncio.timeout(DEADLINE):
            after = [event.id async for event in client.events.follow(since=gap.id, onward=False)]
        assert after == [event.id for event in found[1:]]


async def test_a_gap_is_told_also_where_nothing_is_kept_and_of_one_application(
    client: Client, parts: Composed, stream: Subject
) -> None:
    await retained(parts, 0)
    async with asyncio.timeout(DEADLINE):
        (gap,) = [
            event
            async for event in client.events.follow(
                application=stream.application, types=("service",), since=1, onward=False
            )
        ]
        first = await anext(client.applications.events(stream.application, 1))
    assert (gap.id, gap.type, gap.data["next"]) == (3, "gap", 4)
    assert first == msgspec.structs.replace(gap, at=first.at)


async def test_an_unknown_type_is_refused_with_those_that_there_are(client: Client) -> None:
    with pytest.raises(RemoteError, match="'made' is no type of events") as refused:
        await anext(client.events.follow(types=("made",)))  # type: ignore[arg-type]
    assert "operation" in refused.value.hint
