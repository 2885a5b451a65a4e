"""The streams of projects: order, filters, retention."""

from __future__ import annotations

import pytest

from cantata.core.model.applications import Application
from cantata.core.model.events import EventFilter, EventType, Subject, about
from cantata.ports.events import Told
from cantata.ports.store import Records
from cantata.store import SqlStore

OTHER = Subject("default", "other-id", "other")


@pytest.fixture
async def told(store: SqlStore, shop: Application) -> Subject:
    """Six events: of the shop 1, 2, 4 and 6."""
    mine = about(shop)

    def write(records: Records) -> None:
        records.events.append(mine, EventType.OPERATION, {"n": 1})
        records.events.append_all(
            [
                Told(mine, EventType.SERVICE, {"n": 2}),
                Told(OTHER, EventType.SERVICE, {"n": 3}),
                Told(mine, EventType.SERVICE, {"n": 4}),
            ]
        )
        records.events.append_all([])
        records.events.append(OTHER, EventType.WARNING, {"n": 5})
        records.events.append(mine, EventType.WARNING, {"n": 6})

    await store.write(write)
    return mine


@pytest.mark.parametrize(
    ("filter_", "since", "expected"),
    [
        (EventFilter(), 0, [1, 2, 3, 4, 5, 6]),
        (EventFilter(), 4, [5, 6]),
        (EventFilter(application="other"), 0, [3, 5]),
        (EventFilter(application="shop-dev", types=(EventType.SERVICE,)), 0, [2, 4]),
        (EventFilter(types=(EventType.SERVICE, EventType.WARNING)), 2, [3, 4, 5, 6]),
        (EventFilter(application_id="nobody"), 0, []),
    ],
)
async def test_a_filter_takes_its_part_of_the_stream(
    filter_: EventFilter, since: int, expected: list[int], store: SqlStore, told: Subject
) -> None:
    events = await store.read(lambda records: records.events.since(told.project, since, filter_))
    assert [event.id for event in events] == expected
    assert [event.data["n"] for event in events] == expected
    newest = await store.read(lambda records: records.events.last(told.project, filter_, 2))
    if since == 0:
        assert [event.id for event in newest] == expected[-2:]


async def test_an_application_s_stream_is_a_part_of_its_project_s(store: SqlStore, told: Subject) -> None:
    of = EventFilter(application_id=told.application_id)
    events = await store.read(lambda records: records.events.since(told.project, 0, of))
    assert [event.id for event in events] == [1, 2, 4, 6]
    assert await store.read(lambda records: records.events.last_id(told.project)) == 6
    assert await store.read(lambda records: records.events.last_id("nowhere")) == 0


@pytest.mark.parametrize(
    ("before", "most", "limit", "left"),
    [
        ("0", 100, 100, [1, 2, 3, 4, 5, 6]),
        ("0", 2, 100, [5, 6]),
        ("0", 2, 3, [4, 5, 6]),
        ("9", 100, 100, []),
        ("9", 100, 4, [5, 6]),
        ("0", 0, 100, []),
    ],
)
async def test_retention_takes_the_oldest_by_age_and_by_number(
    before: str, most: int, limit: int, left: list[int], store: SqlStore, told: Subject
) -> None:
    gone = await store.write(lambda records: records.events.retain(before=before, most=most, limit=limit))
    events = await store.read(lambda records: records.events.since(told.project, 0))
    assert ([event.id for event in events], gone) == (left, 6 - len(left))
    new = await store.write(lambda records: records.events.append(told, EventType.WARNING, {}))
    assert new.id == 7
