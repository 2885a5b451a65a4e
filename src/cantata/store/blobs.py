"""Compressed content, stored once. The address tells the sort: `sha256:…` is plain, `sealed:…` encrypted."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import zstandard

from cantata.core.model.errors import BlobMissing, BlobUnreadable
from cantata.store import tables
from cantata.store.errors import BlobTooLarge
from cantata.store.named_blobs import named_blobs
from cantata.store.transaction import Transaction, Upsert, keep_present, stamp

MAX_BYTES = 64 * 1024 * 1024
"""Of one blob's content before compression; charts and manifests are far below."""

PLAIN = "sha256:"
SEALED = "sealed:"

_row = tables.blobs.c
_add = Upsert(tables.blobs, keep_present)
_named = _row.address.in_(sa.bindparam("addresses", expanding=True))
_contents = sa.select(_row.address, _row.content).where(_named)
_touch = (
    tables.blobs.update()
    .where(_named, _row.created_at < sa.bindparam("stale"))
    .values(created_at=sa.bindparam("now"))
)
_addresses = sa.select(_row.address).where(_named)


class SqlBlobs:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def put(self, content: bytes) -> str:
        """Raises `BlobTooLarge`."""
        address = PLAIN + hashlib.sha256(content).hexdigest()
        if self._present([address]):
            self._touch([address])
        else:
            self._insert(self._blob(address, compress(content), len(content)))
        return address

    def put_sealed(self, content: bytes) -> str:
        """Raises `BlobTooLarge`."""
        return self.put_all_sealed([content])[0]

    def put_all_sealed(self, contents: Sequence[bytes]) -> Sequence[str]:
        """Raises `BlobTooLarge`."""
        keyring = self._tx.keyring
        addresses = [SEALED + keyring.address(content) for content in contents]
        present = self._present(addresses)
        missing = {a: content for a, content in zip(addresses, contents, strict=True) if a not in present}
        self._touch(present)
        self._insert(
            *(
                self._blob(address, keyring.seal(compress(content), address), len(content))
                for address, content in missing.items()
            )
        )
        return addresses

    def get(self, address: str) -> bytes:
        return self.get_all([address])[address]

    def get_all(self, addresses: Iterable[str]) -> dict[str, bytes]:
        wanted = list(dict.fromkeys(addresses))
        rows = (
            {row.address: row.content for row in self._tx.all(_contents, addresses=wanted)} if wanted else {}
        )
        return {address: self._opened(address, rows.get(address)) for address in wanted}

    def require(self, addresses: Iterable[str]) -> None:
        wanted = set(addresses)
        for missing in sorted(wanted - self._present(sorted(wanted))):
            raise BlobMissing(f"there is no blob {missing}", subject=f"blob {missing}")
        self._touch(wanted)

    def unnamed(self, revisions: int) -> Sequence[str]:
        named = named_blobs(self._tx, revisions)
        return [row.address for row in self._tx.all(sa.select(_row.address)) if row.address not in named]

    def sweep(self, addresses: Sequence[str], before: str) -> int:
        old = _row.address.in_(addresses) & (_row.created_at < before)
        return self._tx.run(tables.blobs.delete().where(old))

    def _touch(self, addresses: Collection[str]) -> None:
        """What is about to be named must not be swept: its time says so, to an hour."""
        stale = datetime.fromisoformat(self._tx.at) - timedelta(hours=1)
        if addresses:
            self._tx.run(_touch, addresses=list(addresses), now=self._tx.at, stale=stamp(stale))

    def _opened(self, address: str, stored: bytes | None) -> bytes:
        if stored is None:
            raise BlobMissing(f"there is no blob {address}", subject=f"blob {address}")
        if address.startswith(SEALED):
            stored = self._tx.keyring.unseal(stored, address)
        return decompress(stored, address)

    def _present(self, addresses: Sequence[str]) -> set[str]:
        return {row.address for row in self._tx.all(_addresses, addresses=addresses)}

    def _blob(self, address: str, stored: bytes, size: int) -> dict[str, object]:
        return {"address": address, "content": stored, "size": size, "created_at": self._tx.at}

    def _insert(self, *blobs: dict[str, object]) -> None:
        self._tx.upsert(_add, *blobs)


def compress(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise BlobTooLarge(
            f"a content of {len(content)} bytes is over the limit of {MAX_BYTES}",
            subject="blob",
            hint="Make the chart or the rendered manifests smaller.",
        )
    return zstandard.ZstdCompressor(level=3).compress(content)


def decompress(stored: bytes, address: str) -> bytes:
    """The frame's header is asked first: a frame that lies about its size must not take the memory."""
    try:
        size = zstandard.get_frame_parameters(stored).content_size
        if size <= MAX_BYTES:
            return zstandard.ZstdDecompressor().decompress(stored, max_output_size=MAX_BYTES)
    except zstandard.ZstdError as error:
        raise BlobUnreadable(
            f"blob {address} is damaged",
            subject=f"blob {address}",
            hint="Restore the database from a backup.",
        ) from error
    raise BlobTooLarge(f"blob {address} holds more than {MAX_BYTES} bytes", subject=f"blob {address}")
