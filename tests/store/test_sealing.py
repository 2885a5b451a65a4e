"""The key file, what it protects, and what happens when it is wrong, lost or replaced."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cantata.core.model.errors import SealedUnderLostKey, SecretUnreadable
from cantata.ports.store import Records
from cantata.store import (
    SqlStore,
    StoreKey,
    load_or_create_key,
    open_store,
    replace_lost_key,
    rotate_key,
)
from cantata.store.errors import StoreKeyInvalid
from cantata.store.sealing import load_key, save_key

SENTINEL = "SENTINEL-5f1c0d"


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.key"
    made = load_or_create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_key(path).text() == made.text() == path.read_text()
    assert [file.name for file in path.parent.iterdir()] == ["store.key"]
    with pytest.raises(FileExistsError):
        save_key(path, StoreKey.generate())


@pytest.mark.parametrize("content", ["", "not a key", "c2hvcnQ=\n"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "store.key"
    path.write_text(content)
    with pytest.raises(StoreKeyInvalid, match=r"store\.key does not hold a key"):
        load_or_create_key(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreKeyInvalid, match=r"gone\.key cannot be read: No such file"):
        load_key(tmp_path / "gone.key")


def test_a_key_does_not_show() -> None:
    key = StoreKey.generate()
    assert key.text().strip() not in repr(key) + str(key)


def seal_everywhere(records: Records) -> tuple[str, str]:
    records.idempotency.put("default", "k", "digest", SENTINEL.encode())
    return records.blobs.put_sealed(SENTINEL.encode()), records.secrets.add("default", SENTINEL)


def content_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_no_secret_stands_in_the_database_in_clear(tmp_path: Path, key: StoreKey) -> None:
    """Neither what is sealed, nor the key, in any of the database's files; a plain text is found."""
    store = await open_store(f"sqlite:///{tmp_path}/cantata.db", key)
    await store.write(seal_everywhere)
    await store.write(lambda records: records.configs.create("default", "plain-text-config"))
    content = content_of(tmp_path)
    await store.close()
    content += content_of(tmp_path)
    assert SENTINEL.encode() not in content
    assert key.text().strip().encode() not in content
    assert b"plain-text-config" in content
    assert stat.S_IMODE((tmp_path / "cantata.db").stat().st_mode) == 0o600


async def reads_back(store: SqlStore, address: str, secret: str) -> bool:
    blob = await store.read(lambda records: records.blobs.get(address))
    values = await store.read(lambda records: records.secrets.get_many("default", [secret]))
    return blob == SENTINEL.encode() and values == {secret: SENTINEL}


async def test_only_the_right_key_opens(url: str, key: StoreKey) -> None:
    store = await open_store(url, key)
    address, secret = await store.write(seal_everywhere)
    await store.close()
    with pytest.raises(StoreKeyInvalid) as refusal:
        await open_store(url, StoreKey.generate())
    assert "back" in refusal.value.hint
    store = await open_store(url, key)
    assert await reads_back(store, address, secret)
    await store.close()


async def test_a_rotated_key_opens_the_same_content(url: str, key: StoreKey) -> None:
    store = await open_store(url, key)
    address, secret = await store.write(seal_everywhere)
    hashed = store.keyed_hash(b"content")
    await store.close()

    new = StoreKey.generate()
    with pytest.raises(StoreKeyInvalid):
        await rotate_key(url, new, key)
    await rotate_key(url, key, new)
    with pytest.raises(StoreKeyInvalid):
        await open_store(url, key)
    store = await open_store(url, new)
    assert await reads_back(store, address, secret)
    assert store.keyed_hash(b"content") == hashed
    assert await store.write(lambda records: records.blobs.put_sealed(SENTINEL.encode())) == address
    await store.close()


async def test_after_the_loss_of_the_key_the_rest_can_be_used(url: str, key: StoreKey) -> None:
    store = await open_store(url, key)
    address, secret = await store.write(seal_everywhere)
    plain = await store.write(lambda records: records.blobs.put(b"chart"))
    await store.close()

    new = StoreKey.generate()
    await replace_lost_key(url, new)
    store = await open_store(url, new)
    assert await store.read(lambda records: records.blobs.get(plain)) == b"chart"
    with pytest.raises(SealedUnderLostKey, match="key that is lost") as refusal:
        await store.read(lambda records: records.blobs.get(address))
    assert SENTINEL not in str(refusal.value)
    with pytest.raises(SecretUnreadable, match=f"secret {secret}"):
        await store.read(lambda records: records.secrets.get_many("default", [secret]))
    await store.read(lambda records: records.secrets.require("default", [secret]))
    fresh = await store.write(seal_everywhere)
    assert fresh[0] != address
    assert await reads_back(store, *fresh)
    await store.close()

    newer = StoreKey.generate()
    await rotate_key(url, new, newer)
    store = await open_store(url, newer)
    assert await reads_back(store, *fresh)
    await store.close()


async def test_the_keyed_hash_depends_on_the_key(store: SqlStore, tmp_path: Path) -> None:
    other = await open_store(f"sqlite:///{tmp_path}/other.db", StoreKey.generate())
    hashed = store.keyed_hash(b"content")
    assert len(hashed) == 32
    assert hashed == store.keyed_hash(b"content")
    assert hashed not in (store.keyed_hash(b"other"), other.keyed_hash(b"content"))
    await other.close()
