from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from cantata.reconcile.lease import ClusterLease, Grant, LeaseLost
from cantata.store import SqlStore

LONG, TERM, SHORT = 60.0, 2.0, 0.4
DEADLINE = 10.0


def lease(store: SqlStore, holder: str, seconds: float = LONG) -> ClusterLease:
    return ClusterLease(store, "uid-1", holder, seconds)


async def ran_out(store: SqlStore, one: ClusterLease) -> None:
    """Until the store gives the lease to another, which is later than its holder may use it."""
    until = await store.read(lambda records: records.leases.expires_at(one.name))
    await asyncio.sleep(until - time.time() + 0.02)
    assert not one.held


async def test_one_server_holds_a_cluster(store: SqlStore) -> None:
    one, two = lease(store, "one"), lease(store, "two")
    assert await one.acquire()
    assert not await two.acquire()
    assert (one.held, two.held) == (True, False)
    with pytest.raises(LeaseLost):
        two.grant()


async def test_clusters_are_held_apart(store: SqlStore) -> None:
    one, other = lease(store, "one"), ClusterLease(store, "uid-2", "two", LONG)
    assert await one.acquire()
    assert await other.acquire()


async def test_a_released_lease_is_free_at_once(store: SqlStore) -> None:
    one, two = lease(store, "one"), lease(store, "two")
    assert await one.acquire()
    grant = one.grant()
    await one.release()
    assert not one.held
    assert await two.acquire()
    assert two.fence > grant.fence
    with pytest.raises(LeaseLost):
        grant.check()


async def test_extending_keeps_the_fence_and_the_grant(store: SqlStore) -> None:
    one = lease(store, "one")
    assert await one.acquire()
    grant, before = one.grant(), one.fence
    assert await one.acquire()
    assert one.fence == before
    grant.check()
    assert await store.write(grant.holds)


async def test_the_last_quarter_is_not_used(store: SqlStore) -> None:
    one = lease(store, "one")
    assert await one.acquire()
    assert LONG * 0.7 < one.remaining <= LONG * 0.75


async def test_a_lease_that_ran_out_goes_to_the_next_and_the_first_knows(store: SqlStore) -> None:
    one, two = lease(store, "one", SHORT), lease(store, "two")
    assert await one.acquire()
    grant = Grant(one, one.fence)
    await ran_out(store, one)
    with pytest.raises(LeaseLost):
        grant.check()
    assert await two.acquire()
    assert not await one.acquire()
    assert not await store.write(grant.holds)


async def test_a_lease_that_was_lost_and_taken_again_is_another(store: SqlStore) -> None:
    """Somebody else may have acted in between: what began before must not go on."""
    one, two = lease(store, "one", SHORT), lease(store, "two")
    assert await one.acquire()
    before = Grant(one, one.fence)
    await ran_out(store, one)
    assert await two.acquire()
    await two.release()
    assert await one.acquire()
    with pytest.raises(LeaseLost):
        before.check()
    assert not await store.write(before.holds)
    assert one.fence != before.fence


async def test_keeping_extends_beyond_the_first_term(store: SqlStore) -> None:
    one, two = lease(store, "one", TERM), lease(store, "two")
    assert await one.acquire()
    keeper = asyncio.create_task(one.keep(lambda: None))
    until = time.monotonic() + 2 * TERM
    while time.monotonic() < until:
        assert not await two.acquire()
        await asyncio.sleep(TERM / 10)
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)


async def test_a_write_is_sent_while_the_lease_lasts(store: SqlStore) -> None:
    one = lease(store, "one")
    assert await one.acquire()

    async def call() -> str:
        return "written"

    assert await one.grant().write(call) == "written"


async def test_a_write_is_not_sent_after_the_lease(store: SqlStore) -> None:
    one = lease(store, "one")
    assert await one.acquire()
    grant, sent = one.grant(), asyncio.Event()
    await one.release()

    async def call() -> None:
        sent.set()

    with pytest.raises(LeaseLost):
        await grant.write(call)
    assert not sent.is_set()


async def test_a_write_without_an_answer_ends_before_the_lease(store: SqlStore) -> None:
    one = lease(store, "one", SHORT)
    assert await one.acquire()
    ends = time.monotonic() + SHORT
    with pytest.raises(LeaseLost):
        async with asyncio.timeout(DEADLINE):
            await one.grant().write(asyncio.Event().wait)
    assert time.monotonic() < ends


async def test_who_is_cancelled_waits_for_the_write_under_way(store: SqlStore) -> None:
    one = lease(store, "one")
    assert await one.acquire()
    began, answered = asyncio.Event(), asyncio.Event()

    async def call() -> None:
        began.set()
        await answered.wait()

    writing = asyncio.create_task(one.grant().write(call))
    async with asyncio.timeout(DEADLINE):
        await began.wait()
        writing.cancel()
        done, _ = await asyncio.wait([writing], timeout=0.05)
        assert not done
        answered.set()
        with pytest.raises(asyncio.CancelledError):
            await writing


async def test_keeping_goes_on_asking_for_a_lease_that_another_has(store: SqlStore, eventually: Any) -> None:
    one, two = lease(store, "one", SHORT), lease(store, "two")
    assert await two.acquire()
    keeper = asyncio.create_task(one.keep(lambda: None))
    await two.release()

    async def held() -> bool:
        return one.held

    await eventually(held)
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)


async def test_a_lease_is_taken_when_it_runs_out_at_another_and_that_is_told(store: SqlStore) -> None:
    """A quarter of the term would be longer than this test waits."""
    one, two = lease(store, "one"), lease(store, "two", SHORT)
    assert await two.acquire()
    taken = asyncio.Event()
    keeper = asyncio.create_task(one.keep(taken.set))
    async with asyncio.timeout(DEADLINE):
        await taken.wait()
    assert one.held
    assert not await two.acquire()
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)


async def test_extending_is_not_told(store: SqlStore) -> None:
    one = lease(store, "one", SHORT)
    assert await one.acquire()
    fence, told = one.fence, list[None]()
    keeper = asyncio.create_task(one.keep(lambda: told.append(None)))
    await asyncio.sleep(2 * SHORT)
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)
    assert one.fence == fence
    assert not told
