from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest
import zstandard

from cantata.core.model.errors import BlobMissing, BlobUnreadable
from cantata.ports.store import Records
from cantata.store import SqlStore, StoreKey, open_store
from cantata.store.blobs import MAX_BYTES, decompress
from cantata.store.errors import BlobTooLarge


async def get(store: SqlStore, address: str) -> bytes:
    return await store.read(lambda records: records.blobs.get(address))


@pytest.mark.parametrize(
    "content", [b"", b"chart" * 10_000, os.urandom(100_000)], ids=["empty", "text", "noise"]
)
async def test_both_sorts_come_back(store: SqlStore, content: bytes) -> None:
    def put(records: Records) -> tuple[str, str]:
        return records.blobs.put(content), records.blobs.put_sealed(content)

    plain, sealed = await store.write(put)
    assert plain == "sha256:" + hashlib.sha256(content).hexdigest()
    assert sealed.startswith("sealed:")
    assert await store.write(put) == (plain, sealed)
    for address in (plain, sealed):
        assert await get(store, address) == content


async def test_a_missing_blob_is_named(store: SqlStore) -> None:
    with pytest.raises(BlobMissing, match="sha256:0"):
        await store.read(lambda records: records.blobs.get("sha256:0"))


async def test_content_is_compressed_and_stored_once(tmp_path: Path, key: StoreKey) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/cantata.db", key)
    for _ in range(2):
        await store.write(lambda records: records.blobs.put_sealed(b"a" * 1_000_000))
    await store.close()
    connection = sqlite3.connect(tmp_path / "cantata.db")
    ((length, size),) = connection.execute("SELECT length(content), size FROM blobs").fetchall()
    connection.close()
    assert size == 1_000_000
    assert length < 1_000


async def test_a_damaged_or_swapped_row_is_found_out(tmp_path: Path, key: StoreKey) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/cantata.db", key)
    sealed = await store.write(lambda records: records.blobs.put_sealed(b"one"))
    other = await store.write(lambda records: records.blobs.put_sealed(b"two"))
    plain = await store.write(lambda records: records.blobs.put(b"three"))
    connection = sqlite3.connect(tmp_path / "cantata.db")
    with connection:
        swap = "UPDATE blobs SET content = (SELECT content FROM blobs WHERE address = ?) WHERE address = ?"
        connection.execute(swap, (other, sealed))
        connection.execute("UPDATE blobs SET content = x'00' WHERE address IN (?, ?)", (plain, other))
    connection.close()
    for address in (sealed, other, plain):
        with pytest.raises(BlobUnreadable, match=address):
            await get(store, address)
    await store.close()


async def test_sizes_are_bounded_both_ways(store: SqlStore) -> None:
    with pytest.raises(BlobTooLarge, match=str(MAX_BYTES)):
        await store.write(lambda records: records.blobs.put(bytes(MAX_BYTES + 1)))
    bomb = zstandard.ZstdCompressor().compress(bytes(MAX_BYTES + 1))
    assert len(bomb) < 10_000
    with pytest.raises(BlobTooLarge):
        decompress(bomb, "sha256:1")
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(MAX_BYTES + 1))
    with pytest.raises((BlobTooLarge, BlobUnreadable)):
        decompress(unsized, "sha256:1")
