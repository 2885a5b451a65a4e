"""Compressed content, stored once. The address tells the sort: `sha256:…` is plain, `sealed:…` encrypted."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
import zstandard

from cantata.core.model.errors import BlobMissing, BlobUnreadable
from cantata.store import tables
from cantata.store.errors import BlobTooLarge
from cantata.store.transaction import Transaction, Upsert, keep_present

MAX_BYTES = 64 * 1024 * 1024
"""Of one blob's content before compression; charts and manifests are far below."""

PLAIN = "sha256:"
SEALED = "sealed:"

_add = Upsert(tables.blobs, keep_present)


class SqlBlobs:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def put(self, content: bytes) -> str:
        """Raises `BlobTooLarge`."""
        address = PLAIN + hashlib.sha256(content).hexdigest()
        if not self._holds(address):
            self._insert(address, compress(content), len(content))
        return address

    def put_sealed(self, content: bytes) -> str:
        """Raises `BlobTooLarge`."""
        address = SEALED + self._tx.keyring.address(content)
        if not self._holds(address):
            self._insert(address, self._tx.keyring.seal(compress(content), address), len(content))
        return address

    def get(self, address: str) -> bytes:
        row = self._tx.first(sa.select(tables.blobs.c.content).where(tables.blobs.c.address == address))
        if row is None:
            raise BlobMissing(f"there is no blob {address}", subject=f"blob {address}")
        content: bytes = row.content
        if address.startswith(SEALED):
            content = self._tx.keyring.unseal(content, address)
        return decompress(content, address)

    def _holds(self, address: str) -> bool:
        query = sa.select(tables.blobs.c.size).where(tables.blobs.c.address == address)
        return self._tx.first(query) is not None

    def _insert(self, address: str, stored: bytes, size: int) -> None:
        row = {"address": address, "content": stored, "size": size, "created_at": self._tx.at}
        self._tx.upsert(_add, row)


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
