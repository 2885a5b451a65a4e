"""Repositories are read again by themselves, those that fail later and later."""

from __future__ import annotations

import time

import msgspec
import pytest
from tests.api.test_market import Repository, add, parts, repository

from cantata.actions.market_repositories import FIRST_PAUSE, pause_after
from cantata.client import Client
from cantata.core.model.listings import KeptRepository
from cantata.server.compose import Composed

__all__ = ["parts", "repository"]


async def kept(parts: Composed) -> KeptRepository:
    return await parts.ports.store.read(lambda records: records.market.get("default", "stable"))


async def make_due(parts: Composed) -> None:
    found = await kept(parts)
    due = msgspec.structs.replace(found.refreshed, next_at=0.0)
    await parts.ports.store.write(lambda records: records.market.refreshed(found.repository, due))


async def test_what_is_due_is_read_again_and_then_waits_for_its_hour(
    parts: Composed, client: Client, repository: Repository
) -> None:
    assert await parts.market.look() == 600.0
    await add(client, repository)
    repository.put("api", "0.1.0")
    await make_due(parts)
    assert await parts.market.look() == 0
    refreshed = (await kept(parts)).refreshed
    assert (refreshed.entries, refreshed.error) == (3, "")
    assert 0.9 * 3600 - 60 < refreshed.next_at - time.time() < 1.1 * 3600
    asked = len(repository.asked)
    assert await parts.market.look() == 600.0
    assert len(repository.asked) == asked


async def test_a_failure_is_told_at_the_repository_and_tried_again_later(
    parts: Composed, client: Client, repository: Repository
) -> None:
    await add(client, repository)
    repository.closed = True
    for failures in (1, 2):
        await make_due(parts)
        asked = len(repository.asked)
        assert await parts.market.look() == 0
        assert len(repository.asked) == asked + 1
        await parts.market.look()
        assert len(repository.asked) == asked + 1
        refreshed = (await kept(parts)).refreshed
        assert (refreshed.failures, refreshed.entries, "401" in refreshed.error) == (failures, 2, True)
    repository.closed = False
    await make_due(parts)
    await parts.market.look()
    refreshed = (await kept(parts)).refreshed
    assert (refreshed.failures, refreshed.error) == (0, "")


async def test_another_server_leaves_what_is_being_read(
    parts: Composed, client: Client, repository: Repository
) -> None:
    await add(client, repository)
    await make_due(parts)
    store = parts.ports.store
    lease = await store.write(
        lambda records: records.leases.acquire("market", "another", now=time.time(), seconds=60)
    )
    asked = len(repository.asked)
    assert lease is not None
    assert await parts.market.look() > 0
    assert len(repository.asked) == asked
    await store.write(lambda records: records.leases.release(lease))
    assert await parts.market.look() == 0
    assert len(repository.asked) == asked + 1


@pytest.mark.parametrize(("failures", "seconds"), [(1, FIRST_PAUSE), (2, 120.0), (7, 3600.0), (99, 3600.0)])
def test_pauses_grow_up_to_the_time_between_two_refreshes(failures: int, seconds: float) -> None:
    assert 0.9 * seconds <= pause_after(failures, 3600.0) <= 1.1 * seconds
