from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from cantata.core.model.configs import Config
from cantata.core.model.events import EventType, Subject
from cantata.errors import CantataError
from cantata.store import SqlStore, StoreKey, open_store
from cantata.store.errors import StoreBusy, StoreUnavailable, StoreUrlInvalid, ValueUnstorable
from cantata.store.transaction import IdMaker

CONFIG = Config("id", "default", "dev", 0, "")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("nonsense", StoreUrlInvalid),
        ("mysql://root:hunter2@127.0.0.1/x", StoreUrlInvalid),
        ("mysql://127.0.0.1/x?user=root&password=hunter2", StoreUrlInvalid),
        ("postgresql://ann:hunter2@127.0.0.1:port/x", StoreUrlInvalid),
        ("sqlite://", StoreUrlInvalid),
        ("sqlite:////proc/nowhere/cantata.db", StoreUnavailable),
        ("postgresql://ann:hunter2@127.0.0.1:1/x", StoreUnavailable),
    ],
)
async def test_a_database_that_cannot_be_opened(url: str, error: type[CantataError], key: StoreKey) -> None:
    with pytest.raises(error) as refusal:
        await open_store(url, key)
    assert refusal.value.hint
    assert "hunter2" not in f"{refusal.value} {refusal.value.subject} {refusal.value.hint}"


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path, key: StoreKey) -> None:
    path = tmp_path / "cantata.db"
    path.write_bytes(os.urandom(10_000))
    with pytest.raises(StoreUnavailable, match="not a database"):
        await open_store(f"sqlite:///{path}", key)


async def test_a_database_that_others_hold_is_busy(tmp_path: Path, key: StoreKey) -> None:
    """Reads go on meanwhile, and the next write works."""
    store = await open_store(f"sqlite:///{tmp_path}/cantata.db", key, busy_seconds=0.1)
    other = sqlite3.connect(tmp_path / "cantata.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        await store.write(lambda records: records.configs.create("default", "dev"))
    assert await store.read(lambda records: records.configs.list("default")) == []
    other.execute("ROLLBACK")
    other.close()
    await store.write(lambda records: records.configs.create("default", "dev"))
    await store.close()


async def test_reads_run_beside_each_other_and_beside_a_write(store: SqlStore) -> None:
    """Each waits for the other to have begun: one after the other they would never end."""
    loop = asyncio.get_running_loop()
    begun = [asyncio.Event() for _ in range(3)]

    def meet(number: int) -> int:
        loop.call_soon_threadsafe(begun[number].set)
        for event in begun:
            asyncio.run_coroutine_threadsafe(event.wait(), loop).result(timeout=30)
        return number

    calls = (store.read(lambda _: meet(0)), store.read(lambda _: meet(1)), store.write(lambda _: meet(2)))
    assert set(await asyncio.gather(*calls)) == {0, 1, 2}


def test_ids_sort_by_their_making() -> None:
    make = IdMaker()
    ids = [make() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert {len(id_) for id_ in ids} == {20}
    assert all(id_.isalnum() and id_ == id_.lower() for id_ in ids[:100])


async def test_what_no_column_can_hold_is_refused(store: SqlStore) -> None:
    with pytest.raises(ValueUnstorable):
        await store.write(
            lambda records: records.events.append(Subject("default", "", "\ud800"), EventType.WARNING, {})
        )
    with pytest.raises(CantataError):
        await store.read(lambda records: records.configs.version(CONFIG, 10**30))


@pytest.mark.postgres
async def test_nul_is_refused_by_postgres(make_postgres_database: Callable[[], str], key: StoreKey) -> None:
    store = await open_store(make_postgres_database(), key)
    with pytest.raises(ValueUnstorable, match="NUL"):
        await store.read(lambda records: records.configs.list("default", search="\0"))
    await store.close()


@pytest.mark.postgres
async def test_a_lost_connection_is_made_again(
    make_postgres_database: Callable[[], str], key: StoreKey
) -> None:
    url = make_postgres_database()
    store = await open_store(url, key)
    await store.write(lambda records: records.configs.create("default", "before"))
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}".encode())
    await store.write(lambda records: records.configs.create("default", "after"))
    assert len(await store.read(lambda records: records.configs.list("default"))) == 2
    await store.close()


async def test_a_closed_store_says_so(tmp_path: Path, key: StoreKey) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/cantata.db", key)
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.read(lambda records: records.configs.list("default"))
