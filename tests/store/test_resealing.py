"""All data under a fresh data key: nothing is lost, no address changes, a kill in the middle does no harm."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.conftest import create_nouns
from tests.store.test_market import SECRET as REPOSITORY_SECRET
from tests.store.test_market import draft as repository_draft
from tests.store.test_triggers import SECRETS as TRIGGER_SECRETS
from tests.store.test_triggers import draft as trigger_draft

from cantata.core.model.applications import Application
from cantata.ports.store import Records
from cantata.store import SqlStore, StoreKey, open_store, replace_lost_key, reseal, rotate_key, tables
from cantata.store.data_keys import load_keyring
from cantata.store.engine import connect_engines
from cantata.store.errors import StoreKeyInvalid
from cantata.store.resealing import BATCH, SEALED
from cantata.store.sealing import save_key

COUNT = 2 * BATCH + 5
ROWS = 3 * COUNT + 5
"""Also notes, credentials of a cluster and of a repository, a trigger's secrets, and a call's payload."""
NOT_SEALED_BY_DATA_KEY = {"data_keys.wrapped", "data_keys.hashing"}


def text(number: int) -> str:
    return f"content {number} " * 40


async def fill(store: SqlStore) -> dict[str, str]:
    """Address or id of everything that is sealed, with what it holds."""
    application: Application = await store.write(create_nouns)

    def write(records: Records) -> dict[str, str]:
        kept = {}
        for number in range(COUNT):
            kept[records.blobs.put_sealed(text(number).encode())] = text(number)
            kept[records.secrets.add("default", text(number))] = text(number)
            records.idempotency.put("default", f"key {number}", "digest", text(number).encode())
        for notes in ("notes", ""):
            records.revisions.add(
                application.id, cause="", author="", operation_id="", services={}, extras="", notes=notes
            )
        trigger = records.triggers.create(trigger_draft(), TRIGGER_SECRETS)
        records.triggers.receive(
            trigger, identity="1", delivery="1", source="", payload=b"pay" * 100, waiting=9, remember=9
        )
        records.market.create(repository_draft(), REPOSITORY_SECRET)
        kept[records.blobs.put(b"plain")] = "plain"
        kept["application"] = application.id
        return kept

    return await store.write(write)


async def check(store: SqlStore, kept: dict[str, str]) -> None:
    """Everything can be read, and what is put again has the address that it had."""

    def read(records: Records) -> None:
        for address, content in kept.items():
            if ":" in address:
                assert records.blobs.get(address).decode() == content
            elif address != "application":
                assert records.secrets.get_many("default", [address]) == {address: content}
        for number in range(COUNT):
            assert records.idempotency.find("default", f"key {number}") == ("digest", text(number).encode())
        notes = [revision.notes for revision in records.revisions.list(kept["application"])]
        assert notes == ["", "notes"]
        trigger = records.triggers.get("default", trigger_draft().name)
        assert records.triggers.secrets(trigger) == TRIGGER_SECRETS
        (call,) = records.triggers.calls(trigger)
        assert records.triggers.payload(call) == b"pay" * 100
        repository = records.market.get("default", repository_draft().name).repository
        assert records.market.credentials(repository) == REPOSITORY_SECRET

    await store.read(read)
    again = await store.write(lambda records: records.blobs.put_sealed(text(0).encode()))
    assert kept[again] == text(0)


def numbers(url: str) -> tuple[list[int], set[int]]:
    """The data keys that there are, and those that something is sealed with."""
    engines = connect_engines(url)
    with engines.reader.begin() as connection:
        keys = list(connection.execute(sa.select(tables.data_keys.c.number)).scalars())
        used: set[int] = set()
        for sealed in SEALED:
            for content in connection.execute(sa.select(sealed.column)).scalars():
                if content and not content.startswith(b"\x28\xb5\x2f\xfd"):
                    used.add(int.from_bytes(content[:4], "big"))
    engines.dispose()
    return sorted(keys), used


async def test_everything_is_sealed_anew_and_stays_what_it_was(url: str, key: StoreKey) -> None:
    store = await open_store(url, key)
    kept, hashed = await fill(store), store.keyed_hash(b"x")
    await store.close()
    done = await reseal(url, key)
    assert (done.rows, done.unreadable) == (ROWS, 0)
    assert numbers(url) == ([2], {2})
    store = await open_store(url, key)
    await check(store, kept)
    assert store.keyed_hash(b"x") == hashed
    await store.close()
    new = StoreKey.generate()
    await rotate_key(url, key, new)
    with pytest.raises(StoreKeyInvalid):
        await reseal(url, key)
    await reseal(url, new)
    assert numbers(url) == ([3], {3})
    store = await open_store(url, new)
    await check(store, kept)
    assert store.keyed_hash(b"x") == hashed
    await store.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from cantata.store import load_key, reseal
left = int(sys.argv[3])
def on_batch():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(reseal(sys.argv[1], load_key(Path(sys.argv[2])), on_batch))
"""


@pytest.mark.parametrize("batches", [1, 4, 7])
async def test_a_run_that_is_killed_is_gone_on_with(
    batches: int, url: str, key: StoreKey, tmp_path: Path
) -> None:
    store = await open_store(url, key)
    kept, hashed = await fill(store), store.keyed_hash(b"x")
    await store.close()
    file = tmp_path / "the.key"
    save_key(file, key)
    command = [sys.executable, "-c", KILLED, url, str(file), str(batches)]
    killed = await asyncio.create_subprocess_exec(*command)
    assert await killed.wait() == -9
    assert numbers(url) == ([1, 2], {1, 2})
    store = await open_store(url, key)
    await check(store, kept)
    assert store.keyed_hash(b"x") == hashed
    await store.close()
    done = await reseal(url, key)
    assert 0 < done.rows < ROWS
    assert numbers(url) == ([2], {2})
    store = await open_store(url, key)
    await check(store, kept)
    await store.close()


async def test_what_cannot_be_read_stays_and_holds_up_nothing(url: str, key: StoreKey) -> None:
    store = await open_store(url, key)
    kept = await fill(store)
    await store.close()
    engines = connect_engines(url)
    broken = next(address for address in kept if address.startswith("sealed:"))
    with engines.writer.begin() as connection:
        same = tables.blobs.c.address == broken
        content = connection.execute(sa.select(tables.blobs.c.content).where(same)).scalar_one()
        connection.execute(tables.blobs.update().where(same).values(content=content[:-1]))
    engines.dispose()
    assert (await reseal(url, key)).unreadable == 1
    assert numbers(url) == ([1, 2], {1, 2})
    del kept[broken]
    store = await open_store(url, key)
    secret = next(id_ for id_ in kept if ":" not in id_ and id_ != "application")
    assert await store.read(lambda records: records.secrets.get_many("default", [secret]))
    await store.close()


async def test_what_was_sealed_under_a_lost_key_stays_too(url: str, key: StoreKey) -> None:
    store = await open_store(url, key)
    await fill(store)
    await store.close()
    new = StoreKey.generate()
    await replace_lost_key(url, new)
    store = await open_store(url, new)
    secret = await store.write(lambda records: records.secrets.add("default", "later"))
    hashed = store.keyed_hash(b"x")
    await store.close()
    assert (await reseal(url, new)).rows == 1
    assert numbers(url) == ([1, 3], {1, 3})
    store = await open_store(url, new)
    assert await store.read(lambda records: records.secrets.get_many("default", [secret])) == {
        secret: "later"
    }
    assert store.keyed_hash(b"x") == hashed
    await store.close()


def test_every_column_of_bytes_is_known() -> None:
    """A new one is either sealed, and has to stand in `SEALED`, or is named here."""
    columns = {
        f"{table.name}.{column.name}"
        for table in tables.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    }
    assert columns == {f"{each.table.name}.{each.name}" for each in SEALED} | NOT_SEALED_BY_DATA_KEY


async def test_a_data_key_of_before_makes_its_own_hash_keys(url: str, key: StoreKey) -> None:
    """Databases from before the hash keys were kept have none."""
    await (await open_store(url, key)).close()
    engines = connect_engines(url)
    with engines.reader.begin() as connection:
        assert connection.execute(sa.select(tables.data_keys.c.hashing)).scalars().all() == [None]
        assert len(load_keyring(connection, key).hashing) == 128
    engines.dispose()
