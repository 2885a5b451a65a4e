"""Many at once: in one process, and as two processes that share a database (two stores on one URL)."""

from __future__ import annotations

import asyncio
import collections
import functools
from collections.abc import AsyncIterator

import msgspec
import pytest

from cantata.core.model.applications import Application
from cantata.core.model.errors import ConfigNotFound, NameTaken
from cantata.core.model.events import Event, EventType, Subject
from cantata.ports.store import Lease, Records
from cantata.store import SqlStore, StoreKey, open_store

SUBJECT = Subject("default", "id", "shop-dev")


@pytest.fixture
async def replicas(url: str, key: StoreKey) -> AsyncIterator[tuple[SqlStore, SqlStore]]:
    """Opened at the same moment, so that both migrate an empty database."""
    stores = await asyncio.gather(open_store(url, key), open_store(url, key))
    yield stores
    await asyncio.gather(*(store.close() for store in stores))


def count_up(records: Records, id_: str) -> None:
    application = records.applications.by_id(id_)
    overrides = str(int(application.overrides or "0") + 1)
    records.applications.update(msgspec.structs.replace(application, overrides=overrides))


async def test_400_updates_at_once_lose_nothing(store: SqlStore, shop: Application) -> None:
    async def update_ten_times() -> None:
        for _ in range(10):
            await store.write(lambda records: count_up(records, shop.id))

    await asyncio.gather(*(update_ten_times() for _ in range(40)))
    counted = await store.read(lambda records: records.applications.by_id(shop.id))
    assert (counted.overrides, counted.row_version) == ("400", 401)


async def test_two_replicas_lose_no_update(replicas: tuple[SqlStore, SqlStore]) -> None:
    config = await replicas[0].write(lambda records: records.configs.create("default", "dev"))

    def edit(records: Records) -> None:
        latest = records.configs.get("default", "dev").latest
        records.configs.add_version(
            config, str(latest + 1), extends=None, author="", message="", expected=latest
        )

    await asyncio.gather(*(store.write(edit) for store in replicas for _ in range(40)))
    stored = await replicas[0].read(lambda records: records.configs.version(config))
    assert (stored.number, stored.text) == (80, "80")


async def test_event_ids_have_no_gaps_and_appear_in_order(replicas: tuple[SqlStore, SqlStore]) -> None:
    def append(number: int, records: Records) -> Event:
        event = records.events.append(SUBJECT, EventType.WARNING, {"number": number})
        if number % 10 == 9:
            raise ConfigNotFound("this write is rolled back")
        return event

    seen: list[int] = []
    written = asyncio.Event()

    def newer(records: Records) -> list[int]:
        return [event.id for event in records.events.since("default", seen[-1] if seen else 0)]

    async def follow() -> None:
        """Once an id was seen, no smaller one may come up."""
        while not written.is_set():
            seen.extend(await replicas[1].read(newer))

    follower = asyncio.create_task(follow())
    results = await asyncio.gather(
        *(replicas[number % 2].write(functools.partial(append, number)) for number in range(100)),
        return_exceptions=True,
    )
    written.set()
    await follower
    assert collections.Counter(type(result) for result in results) == {Event: 90, ConfigNotFound: 10}
    ids = [result.id for result in results if isinstance(result, Event)]
    assert sorted(ids) == list(range(1, 91))
    assert seen == list(range(1, len(seen) + 1))
    events = await replicas[0].read(lambda records: records.events.since("default", 85, limit=3))
    assert [event.id for event in events] == [86, 87, 88]


async def test_one_of_many_gets_a_lease(replicas: tuple[SqlStore, SqlStore]) -> None:
    async def race(prefix: str, now: float) -> Lease:
        def acquire(holder: str, records: Records) -> Lease | None:
            return records.leases.acquire("here", holder, now=now, seconds=10)

        tries = [functools.partial(acquire, f"{prefix}{number}") for number in range(20)]
        leases = await asyncio.gather(*(replicas[n % 2].write(attempt) for n, attempt in enumerate(tries)))
        (winner,) = [lease for lease in leases if lease is not None]
        return winner

    first = await race("a", now=100)
    assert (first.fence, first.expires_at) == (1, 110)
    second = await race("b", now=110)
    assert second.fence == 2


async def test_a_lease_is_extended_released_and_taken_over(store: SqlStore) -> None:
    async def acquire(holder: str, now: float) -> Lease | None:
        return await store.write(lambda records: records.leases.acquire("here", holder, now=now, seconds=10))

    first = await acquire("a", 100)
    assert first is not None
    assert first == Lease("here", "a", 1, 110)
    assert await acquire("b", 105) is None
    assert await acquire("a", 105) == Lease("here", "a", 1, 115)
    assert await acquire("b", 112) is None
    taken = await acquire("b", 115)
    assert taken == Lease("here", "b", 2, 125)

    await store.write(lambda records: records.leases.release(first))
    assert await acquire("a", 116) is None
    assert taken is not None
    await store.write(lambda records: records.leases.release(taken))
    assert await acquire("a", 116) == Lease("here", "a", 3, 126)


async def test_one_of_many_gets_a_name(replicas: tuple[SqlStore, SqlStore]) -> None:
    results = await asyncio.gather(
        *(
            store.write(lambda records: records.configs.create("default", "dev"))
            for store in replicas
            for _ in range(5)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(result, NameTaken) for result in results) == 9


async def test_a_failed_write_leaves_nothing(store: SqlStore, shop: Application) -> None:
    def fail(records: Records) -> None:
        records.configs.create("default", "half")
        records.events.append(SUBJECT, EventType.WARNING, {})
        records.blobs.put(b"half")
        records.applications.delete(shop.id)
        raise ConfigNotFound("half")

    with pytest.raises(ConfigNotFound):
        await store.write(fail)
    assert await store.read(lambda records: records.configs.list("default", search="half")) == []
    assert await store.read(lambda records: records.events.since("default", 0)) == []
    assert await store.read(lambda records: records.applications.by_id(shop.id)) == shop


async def test_a_read_sees_one_moment_and_writes_nothing(store: SqlStore, shop: Application) -> None:
    loop = asyncio.get_running_loop()

    def look_twice(records: Records) -> tuple[Application, Application]:
        before = records.applications.by_id(shop.id)
        asyncio.run_coroutine_threadsafe(store.write(lambda r: count_up(r, shop.id)), loop).result()
        return before, records.applications.by_id(shop.id)

    before, after = await store.read(look_twice)
    assert before == after == shop
    assert (await store.read(lambda records: records.applications.by_id(shop.id))).overrides == "1"
    with pytest.raises(Exception, match=r"read-?only"):
        await store.read(lambda records: records.configs.create("default", "dev"))
