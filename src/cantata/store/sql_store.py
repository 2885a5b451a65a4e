"""The store: one thread that writes, a few that read."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cantata.ports.store import Records
from cantata.store.data_keys import add_data_key, load_keyring, rewrap
from cantata.store.engine import (
    BUSY_SECONDS,
    READERS,
    Engines,
    connect_engines,
    is_clash,
    is_locked,
    translate,
)
from cantata.store.errors import StoreKeyInvalid, StoreUnavailable
from cantata.store.migrate import migrate
from cantata.store.records import SqlRecords
from cantata.store.resealing import SEALED, Batch, Resealed, SealedColumn, begin, finish, reseal_batch
from cantata.store.sealing import Keyring, StoreKey
from cantata.store.transaction import Transaction, now

T = TypeVar("T")

TRIES = 12
FIRST_PAUSE = 0.002
LONGEST_PAUSE = 0.25


async def open_store(url: str, key: StoreKey, *, busy_seconds: float = BUSY_SECONDS) -> SqlStore:
    """Connects, migrates the database to this program's schema, and opens its data keys.

    `url` is `sqlite:///PATH` or `postgresql://…`; `busy_seconds` is how long the former waits for other
    processes. Raises `StoreUrlInvalid`, `StoreUnavailable`,
    `StoreTooNew`, `StoreKeyInvalid`.
    """
    return await asyncio.to_thread(_open, url, key, busy_seconds)


async def rotate_key(url: str, old: StoreKey, new: StoreKey) -> None:
    """Wraps the data keys of the database by the new key; no blob is touched. Raises `StoreKeyInvalid`.

    Save the new key to a file first: after this call only the new one opens the database.
    """
    await asyncio.to_thread(_maintain, url, lambda connection: rewrap(connection, old, new))


async def key_opens(url: str, key: StoreKey) -> bool:
    """Whether this is the key of the database."""
    try:
        await asyncio.to_thread(_maintain, url, lambda connection: load_keyring(connection, key))
    except StoreKeyInvalid:
        return False
    return True


async def reseal(url: str, key: StoreKey, on_batch: Callable[[], None] = lambda: None) -> Resealed:
    """Seals everything anew under a fresh data key, in many small transactions; a run that was killed is gone
    on with. Addresses and keyed hashes stay. No server may run. Raises `StoreKeyInvalid`."""
    return await asyncio.to_thread(_reseal, url, key, on_batch)


async def replace_lost_key(url: str, key: StoreKey) -> None:
    """Lets a database whose key is lost for good be opened by `key` again. What was sealed stays unreadable
    (`SealedUnderLostKey`), everything else can be used."""
    await asyncio.to_thread(_maintain, url, lambda connection: add_data_key(connection, key))


class SqlStore:
    """The port's `Store`. A caller that is cancelled does not stop its function: it runs to its end."""

    def __init__(self, engines: Engines, keyring: Keyring) -> None:
        self._engines = engines
        self._keyring = keyring
        self._closed = False
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._readers = ThreadPoolExecutor(READERS, "store-reader")

    async def read(self, fn: Callable[[Records], T]) -> T:
        """Raises what `fn` raises; `StoreUnavailable`."""
        return await self._in_thread(self._readers, self._engines.reader, fn)

    async def write(self, fn: Callable[[Records], T]) -> T:
        """Raises what `fn` raises, and then nothing is kept; `StoreUnavailable`, `StoreBusy`."""
        return await self._in_thread(self._writer, self._engines.writer, fn)

    def keyed_hash(self, content: bytes) -> str:
        return self._keyring.keyed_hash(content)

    async def close(self) -> None:
        """Waits for what runs; what comes later is refused with `StoreUnavailable`."""
        self._closed = True
        await asyncio.to_thread(self._close)

    async def _in_thread(
        self, threads: ThreadPoolExecutor, engine: sa.Engine, fn: Callable[[Records], T]
    ) -> T:
        if self._closed:
            raise StoreUnavailable("the store is closed", subject="database")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, _run, lambda: self._transact(engine, fn))

    def _transact(self, engine: sa.Engine, fn: Callable[[Records], T]) -> T:
        with engine.begin() as connection:
            return fn(SqlRecords(Transaction(connection, self._keyring, now())))

    def _close(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        self._engines.dispose()


def _run(work: Callable[[], T], again: Callable[[DBAPIError], bool] = is_clash) -> T:
    """Runs it again after a clash with another writer, after a pause that grows and varies."""
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except DBAPIError as error:
            if not again(error) or attempt == TRIES:
                translated = translate(error)
                if translated is None:
                    raise
                raise translated from error
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
            time.sleep(pause * random.uniform(0.5, 1.5))
    raise AssertionError("the last try returns or raises")


def _open(url: str, key: StoreKey, busy_seconds: float) -> SqlStore:
    engines = connect_engines(url, busy_seconds=busy_seconds)
    try:
        return SqlStore(engines, _run(lambda: _prepare(engines.writer, key), again=_clash_or_lock))
    except BaseException:
        engines.dispose()
        raise


def _clash_or_lock(error: DBAPIError) -> bool:
    return is_clash(error) or is_locked(error)


def _prepare(engine: sa.Engine, key: StoreKey) -> Keyring:
    migrate(engine)
    with engine.begin() as connection:
        return load_keyring(connection, key)


def _maintain(url: str, work: Callable[[sa.Connection], T]) -> T:
    """What is committed here has reached the disk when this returns."""
    engines = connect_engines(url)
    try:
        _run(lambda: migrate(engines.writer), again=_clash_or_lock)
        result = _in_transaction(engines, work)
        _settle(engines.writer)
        return result
    finally:
        engines.dispose()


def _in_transaction(engines: Engines, work: Callable[[sa.Connection], T]) -> T:
    def transact() -> T:
        with engines.writer.begin() as connection:
            return work(connection)

    return _run(transact)


def _settle(engine: sa.Engine) -> None:
    """SQLite's write-ahead log is not forced to the disk by each commit."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _reseal(url: str, key: StoreKey, on_batch: Callable[[], None]) -> Resealed:
    keyring = _maintain(url, lambda connection: begin(connection, key))
    engines = connect_engines(url)
    rows = unreadable = 0
    try:
        for sealed in SEALED:
            after: tuple[str, ...] = ()
            while batch := _in_transaction(engines, partial(_batch, keyring, sealed, after)):
                rows, unreadable, after = rows + batch.rows, unreadable + batch.unreadable, batch.last
                on_batch()
        _settle(engines.writer)
    finally:
        engines.dispose()
    _maintain(url, lambda connection: finish(connection, keyring))
    return Resealed(rows, unreadable)


def _batch(
    keyring: Keyring, sealed: SealedColumn, after: tuple[str, ...], connection: sa.Connection
) -> Batch | None:
    return reseal_batch(connection, keyring, sealed, after)
