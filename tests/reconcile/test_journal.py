from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from cantata.actions.streams import Streams
from cantata.core.model.applications import Application, ObjectRecord, Operation, Verb
from cantata.core.model.events import Event, EventFilter, EventType
from cantata.core.model.objects import GVK, ObjectKey
from cantata.ports import Records
from cantata.reconcile.journal import Journal, JournalDesk
from cantata.reconcile.lease import ClusterLease, Grant, LeaseLost
from cantata.store import SqlStore
from cantata.store.errors import StoreUnavailable

DEADLINE = 10.0


@pytest.fixture
def streams(store: SqlStore) -> Streams:
    return Streams(store)


@pytest.fixture
async def desk(store: SqlStore, streams: Streams) -> AsyncIterator[JournalDesk]:
    opened = JournalDesk(store, streams)
    yield opened
    await opened.close()


@pytest.fixture
async def lease(store: SqlStore) -> ClusterLease:
    made = ClusterLease(store, "uid-1", "one", 60)
    await made.acquire()
    return made


@pytest.fixture
async def journal(desk: JournalDesk, operation: Operation, lease: ClusterLease) -> Journal:
    return desk.open(operation, lease.grant())


def record(name: str, **more: Any) -> ObjectRecord:
    return ObjectRecord(ObjectKey("", "ConfigMap", "shop", name), GVK("", "v1", "ConfigMap"), "web", **more)


async def events(store: SqlStore, application: Application) -> list[Event]:
    of = EventFilter(application_id=application.id)
    return list(await store.read(lambda records: records.events.since(application.project, 0, of)))


async def messages(store: SqlStore, application: Application) -> list[str]:
    return [each.data["message"] for each in await events(store, application)]


async def inventory(store: SqlStore, application: Application) -> list[ObjectRecord]:
    return list(await store.read(lambda records: records.inventory.list(application.id)))


async def test_what_was_told_is_in_the_store_after_a_flush(
    journal: Journal, store: SqlStore, shop: Application, operation: Operation
) -> None:
    journal.tell(EventType.SERVICE, service="web", state="ready")
    journal.tell(EventType.WARNING, message="old")
    journal.finished("hook one")
    journal.finished("hook two")
    journal.applied([record("a", uid="1"), record("b")])
    await journal.flush()
    assert [(each.type, each.data) for each in await events(store, shop)] == [
        ("service", {"operation": operation.id, "service": "web", "state": "ready"}),
        ("warning", {"operation": operation.id, "message": "old"}),
    ]
    stored = await store.read(lambda records: records.operations.by_id(operation.id))
    assert stored.done == ("hook one", "hook two")
    assert await inventory(store, shop) == [record("a", uid="1"), record("b")]


async def test_nothing_is_written_twice(journal: Journal, store: SqlStore, shop: Application) -> None:
    journal.tell(EventType.WARNING, message="one")
    await journal.flush()
    await journal.flush()
    journal.tell(EventType.WARNING, message="two")
    await journal.flush()
    assert await messages(store, shop) == ["one", "two"]


async def test_what_nobody_flushes_is_written_soon(
    journal: Journal, store: SqlStore, shop: Application, streams: Streams
) -> None:
    with streams.follower(shop.project, shop.id) as bell:
        journal.tell(EventType.WARNING, message="one")
        async with asyncio.timeout(DEADLINE):
            await bell.wait()
    assert await messages(store, shop) == ["one"]


async def test_the_last_word_on_an_object_counts(
    journal: Journal, store: SqlStore, shop: Application
) -> None:
    journal.applied([record("a"), record("b"), record("c")])
    journal.removed([record("a").key])
    journal.applied([record("b", uid="2")])
    await journal.flush()
    assert await inventory(store, shop) == [record("b", uid="2"), record("c")]
    journal.removed([record("b").key, record("never").key])
    journal.removed([record("c").key])
    journal.applied([record("c", uid="3")])
    await journal.flush()
    assert await inventory(store, shop) == [record("c", uid="3")]


async def test_what_is_told_while_the_store_writes_is_kept_for_the_next_time(
    journal: Journal, store: SqlStore, shop: Application
) -> None:
    journal.tell(EventType.WARNING, message="one")
    journal.applied([record("a", uid="1")])
    writing = asyncio.create_task(journal.flush())
    await asyncio.sleep(0)
    journal.tell(EventType.WARNING, message="two")
    journal.applied([record("a", uid="2")])
    journal.removed([record("b").key])
    await writing
    await journal.flush()
    assert await messages(store, shop) == ["one", "two"]
    assert await inventory(store, shop) == [record("a", uid="2")]


async def test_flushes_beside_each_other_keep_the_order(
    journal: Journal, store: SqlStore, shop: Application
) -> None:
    async def told(number: int) -> None:
        journal.tell(EventType.WARNING, message=str(number))
        await journal.flush()

    await asyncio.gather(*map(told, range(20)))
    assert await messages(store, shop) == [str(number) for number in range(20)]


def add_operation(records: Records, application: Application) -> Operation:
    return records.operations.add(
        application, verb=Verb.DEPLOY, services=(), author="", cause="", plan="", revision=0
    )


async def test_journals_of_several_operations_do_not_mix(
    desk: JournalDesk,
    lease: ClusterLease,
    store: SqlStore,
    make_application: Callable[[str], Awaitable[Application]],
) -> None:
    applications = [await make_application(name) for name in ("one", "two", "three")]
    for application in applications:
        add = partial(add_operation, application=application)
        journal = desk.open(await store.write(add), lease.grant())
        journal.tell(EventType.WARNING, message=application.name)
        journal.applied([record(application.name)])
    await desk.flush()
    for application in applications:
        assert await messages(store, application) == [application.name]
        assert await inventory(store, application) == [record(application.name)]


async def test_closing_writes_what_waits(
    desk: JournalDesk, journal: Journal, store: SqlStore, shop: Application
) -> None:
    journal.tell(EventType.WARNING, message="last")
    await desk.close()
    assert await messages(store, shop) == ["last"]


async def test_what_a_server_tells_after_its_lease_is_dropped(
    desk: JournalDesk, operation: Operation, store: SqlStore, shop: Application, eventually: Any
) -> None:
    """The successor has the inventory now: an old record over a new one would lose an object."""
    short = ClusterLease(store, "uid-2", "one", 0.2)
    await short.acquire()
    journal = desk.open(operation, Grant(short, short.fence))
    journal.tell(EventType.WARNING, message="before")
    await journal.flush()
    successor = ClusterLease(store, "uid-2", "two", 60)
    await eventually(successor.acquire)
    journal.tell(EventType.WARNING, message="after")
    journal.applied([record("stale")])
    with pytest.raises(LeaseLost):
        await journal.flush()
    assert await messages(store, shop) == ["before"]
    assert await inventory(store, shop) == []
    assert journal.empty


async def test_a_forgotten_application_does_not_hold_up_the_journals_of_others(
    desk: JournalDesk,
    lease: ClusterLease,
    store: SqlStore,
    make_application: Callable[[str], Awaitable[Application]],
) -> None:
    """As when another server forgets it while its operation runs here."""
    gone, there = [await make_application(name) for name in ("gone", "there")]
    journals = []
    for application in (gone, there):
        operation = await store.write(partial(add_operation, application=application))
        journals.append(desk.open(operation, lease.grant()))
        journals[-1].tell(EventType.WARNING, message=application.name)
        journals[-1].applied([record(application.name)])
    await store.write(lambda records: records.applications.delete(gone.id))
    await journals[1].flush()
    with pytest.raises(LeaseLost):
        await journals[0].flush()
    assert all(journal.empty for journal in journals)
    assert await messages(store, there) == ["there"]
    assert await inventory(store, there) == [record("there")]


class Interrupted:
    """The store, but for one transaction that it does not take."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.refused = 0

    async def write(self, fn: Callable[[Records], Any]) -> Any:
        if not self.refused:
            self.refused += 1
            raise StoreUnavailable("the database does not answer", subject="database")
        return await self._store.write(fn)


async def test_what_the_store_did_not_take_is_written_when_it_answers_again(
    store: SqlStore, streams: Streams, operation: Operation, lease: ClusterLease, shop: Application
) -> None:
    """Also when nothing more is told, as while a rollout waits."""
    interrupted: Any = Interrupted(store)
    desk = JournalDesk(interrupted, streams)
    with streams.follower(shop.project, shop.id) as bell:
        desk.open(operation, lease.grant()).tell(EventType.WARNING, message="one")
        async with asyncio.timeout(DEADLINE):
            await bell.wait()
    assert (interrupted.refused, await messages(store, shop)) == (1, ["one"])
    await desk.close()
