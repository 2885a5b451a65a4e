"""Connections: one for writing, a few for reading, on SQLite or PostgreSQL; and their errors as ours.

On SQLite a write begins with `BEGIN IMMEDIATE`, so that two read-modify-writes never interleave; on
PostgreSQL it is SERIALIZABLE, and `is_clash` tells which failures mean: roll back and run again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError

from cantata.errors import CantataError
from cantata.store.errors import StoreBusy, StoreUnavailable, StoreUrlInvalid, ValueUnstorable

READERS = 3
BUSY_SECONDS = 10.0
"""How long statements wait for another process that holds the SQLite file."""
CLASHES = frozenset({"40001", "40P01", "23505"})
"""SQLSTATE of a serialization failure, a deadlock, and a name that another replica took in the same moment:
the second run sees its row and answers with the right error."""


@dataclass(frozen=True, slots=True)
class Engines:
    writer: sa.Engine
    reader: sa.Engine

    def dispose(self) -> None:
        self.reader.dispose()
        self.writer.dispose()


def parse_url(url: str) -> sa.URL:
    """`sqlite:///path` or `postgresql://user@host/database`. Raises `StoreUrlInvalid`, no password in it."""
    hint = "Use sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE."
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):  # The latter for a port that is no number.
        raise StoreUrlInvalid("the database URL cannot be read", subject="database", hint=hint) from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername="sqlite+pysqlite")
    raise StoreUrlInvalid(f"{backend}://… names no database of ours", subject="database", hint=hint)


def connect_engines(url: str, *, busy_seconds: float = BUSY_SECONDS) -> Engines:
    """Raises `StoreUrlInvalid`, `StoreUnavailable`; connects to nothing yet."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed)
    return _sqlite(parsed, busy_seconds)


def _sqlite(url: sa.URL, busy_seconds: float) -> Engines:
    path = Path(url.database or "")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its write-ahead log the mode of the database.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreUnavailable(
            f"the database {path} cannot be opened: {error.strerror}",
            subject=f"database {path}",
            hint="Name a folder that you may write to.",
        ) from error

    def engine(begin: str, size: int, *pragmas: str) -> sa.Engine:
        made = sa.create_engine(
            url,
            connect_args={"timeout": busy_seconds, "isolation_level": None},
            pool_size=size,
            max_overflow=0,
            hide_parameters=True,
        )

        def on_connect(connection: Any, _: object) -> None:
            for pragma in ("foreign_keys=ON", "synchronous=NORMAL", *pragmas):
                connection.execute(f"PRAGMA {pragma}")

        sa.event.listen(made, "connect", on_connect)
        sa.event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
        return made

    return Engines(
        engine("BEGIN IMMEDIATE", 1, "journal_mode=WAL"), engine("BEGIN", READERS, "query_only=ON")
    )


def _postgresql(url: sa.URL) -> Engines:
    def engine(isolation: str, size: int) -> sa.Engine:
        return sa.create_engine(
            url,
            isolation_level=isolation,
            pool_size=size,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
        )

    reader = engine("REPEATABLE READ", READERS).execution_options(postgresql_readonly=True)
    return Engines(engine("SERIALIZABLE", 1), reader)


def is_clash(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in CLASHES


def is_locked(error: DBAPIError) -> bool:
    """Another process holds the SQLite file. Statements have waited for it by then, but not the switch to a
    write-ahead log, which two processes may make at the same first start."""
    return "database is locked" in str(error.orig)


def translate(error: DBAPIError) -> CantataError | None:
    """The driver's word without statement and parameters; None for what only a defect of ours causes."""
    word = str(error.orig).strip().split("\n", 1)[0]
    if is_clash(error) or is_locked(error):
        return StoreBusy(f"others keep the database busy: {word}", subject="database", hint="Try again.")
    if isinstance(error, sa.exc.DataError):
        return ValueUnstorable(f"the database cannot take a value: {word}", subject="database")
    # The bare class is SQLite's for a damaged file.
    broken = type(error) is sa.exc.DatabaseError
    if broken or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return StoreUnavailable(
            f"the database does not work: {word}",
            subject="database",
            hint="See that the database runs, can be reached, is sound, and has disk space.",
        )
    return None
