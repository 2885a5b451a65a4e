"""The lease between two holders, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cantata.reconcile.lease import ClusterLease, LeaseLost
from cantata.store import SqlStore, StoreKey, open_store

SECONDS = 0.5


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = await open_store(f"sqlite:///{tmp_path}/cantata.db", StoreKey.generate())
    yield opened
    await opened.close()


async def acquired(lease: ClusterLease) -> None:
    async with asyncio.timeout(10):
        while True:
            if await lease.acquire():
                return
            await asyncio.sleep(0.01)


async def test_only_one_holds_it_and_a_grant_does_not_outlive_its_loss(store: SqlStore) -> None:
    first = ClusterLease(store, "uid", "first", SECONDS)
    second = ClusterLease(store, "uid", "second", SECONDS)
    await acquired(first)
    grant = first.grant()
    assert not await second.acquire()
    with pytest.raises(LeaseLost):
        second.grant()
    await acquired(second)
    assert await store.write(second.grant().holds)
    await second.release()
    await acquired(first)
    first.grant().check()
    with pytest.raises(LeaseLost):
        grant.check()
    assert not await store.write(grant.holds)


async def test_a_write_without_an_answer_is_given_up_when_the_lease_runs_out(store: SqlStore) -> None:
    lease = ClusterLease(store, "uid", "first", SECONDS)
    await acquired(lease)
    grant = lease.grant()
    ended = asyncio.Event()

    async def silent() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(LeaseLost):
        await grant.write(silent)
    assert ended.is_set()
    with pytest.raises(LeaseLost):
        await grant.write(silent)


async def test_a_write_lasts_as_long_as_the_lease_is_kept(store: SqlStore) -> None:
    lease = ClusterLease(store, "uid", "first", SECONDS)
    await acquired(lease)
    grant, answer = lease.grant(), asyncio.Event()
    keeper = asyncio.create_task(lease.keep(lambda: None))
    asyncio.get_running_loop().call_later(2 * SECONDS, answer.set)
    assert await grant.write(answer.wait)
    keeper.cancel()


async def test_a_cancelled_write_is_answered_before_the_caller_ends(store: SqlStore) -> None:
    lease = ClusterLease(store, "uid", "first", 10)
    await acquired(lease)
    sent, answer = asyncio.Event(), asyncio.Event()
    landed: list[bool] = []

    async def write() -> None:
        sent.set()
        landed.append(await answer.wait())

    caller = asyncio.create_task(lease.grant().write(write))
    await sent.wait()
    caller.cancel()
    asyncio.get_running_loop().call_soon(answer.set)
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert landed == [True]
