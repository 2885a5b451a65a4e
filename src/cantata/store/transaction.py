"""What every noun's records get: the connection, the keys, the time, new ids, and pages."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cantata.core.model.errors import NotFound, ProjectNotFound
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.errors import CursorInvalid, ValueUnstorable
from cantata.store.sealing import Keyring

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 20
RANDOM_BITS = 52
LONGEST_NUMBER = 9
"""Digits of a version's or revision's number."""

Insert = sqlite.Insert | postgresql.Insert
Rows = Sequence[Mapping[str, Any]]
Found = sa.Row[*tuple[Any, ...]]
Query = sa.Select[*tuple[Any, ...]]


class IdMaker:
    """Opaque ids of 20 lower-case characters that sort by the time of their making: 48 bits of milliseconds,
    52 random bits, always growing within this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> str:
        random = int.from_bytes(os.urandom(7), "big") >> (56 - RANDOM_BITS)
        fresh = (time.time_ns() // 1_000_000 << RANDOM_BITS) | random
        with self._lock:
            self._last = number = max(fresh, self._last + 1)
        return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (ID_LENGTH - 1), -1, -5))


new_id = IdMaker()


def now() -> str:
    """UTC in RFC 3339, to the millisecond."""
    return stamp(datetime.now(UTC))


def stamp(at: datetime) -> str:
    """A time in UTC as `now` gives it."""
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class Upsert:
    """An insert that meets rows of the same key, built once for both databases: `rule` says what it does
    then."""

    def __init__(self, table: sa.Table, rule: Callable[[Insert], Insert]) -> None:
        self._statements = {
            "sqlite": rule(sqlite.insert(table)),
            "postgresql": rule(postgresql.insert(table)),
        }

    def statement(self, dialect: str) -> Insert:
        return self._statements[dialect]


def keep_present(insert: Insert) -> Insert:
    """The rule that leaves the row that is there."""
    return insert.on_conflict_do_nothing()


@dataclass(frozen=True, slots=True)
class Transaction:
    """One read or write. `at` is its time.

    `values` are those of a query's `bindparam`s: a query that is built once, at the module's top, costs half
    as much as one that is built for each call.
    """

    connection: sa.Connection
    keyring: Keyring
    at: str

    def first(self, query: Query, **values: Any) -> Found | None:
        return self._execute(query, values).first()

    def one(self, query: Query, missing: Callable[[], NotFound], **values: Any) -> Found:
        row = self.first(query, **values)
        if row is None:
            raise missing()
        return row

    def all(self, query: Query, **values: Any) -> Sequence[Found]:
        return self._execute(query, values).all()

    def run(self, statement: sa.Executable, rows: Rows | None = None, **values: Any) -> int:
        """Gives the number of rows that changed (undefined for several rows)."""
        return self._execute(statement, rows or values).rowcount

    def insert(self, table: sa.Table, **values: Any) -> None:
        self._execute(table.insert(), values)

    def upsert(self, upsert: Upsert, *rows: Mapping[str, Any]) -> None:
        if rows:
            self._execute(upsert.statement(self.connection.dialect.name), rows)

    def _execute(
        self, statement: sa.Executable, values: Rows | Mapping[str, Any] | None = None
    ) -> sa.CursorResult[*tuple[Any, ...]]:
        try:
            result: sa.CursorResult[*tuple[Any, ...]] = self.connection.execute(statement, values or None)
        except (OverflowError, UnicodeEncodeError) as error:
            # SQLite's driver raises these itself; what PostgreSQL refuses is translated like other errors.
            raise ValueUnstorable(
                "a number or a text does not fit into the database", subject="database"
            ) from error
        return result

    def require_project(self, project: str) -> None:
        """Raises `ProjectNotFound`."""
        query = sa.select(tables.projects.c.name).where(tables.projects.c.name == project)
        self.one(query, lambda: ProjectNotFound(project))


def names_of(tx: Transaction, table: sa.Table, project: str) -> Sequence[str]:
    """What is there beside a name that is not, for a hint."""
    return [row.name for row in tx.all(sa.select(table.c.name).where(table.c.project == project).limit(1000))]


def page_by_name(query: Query, name: sa.Column[Any], search: str, page: Page) -> Query:
    """By name; the cursor is the last name. `search` is a part of the name in any case of letters."""
    if search:
        query = query.where(name.icontains(search, autoescape=True))
    if page.after:
        query = query.where(name > page.after)
    return query.order_by(name).limit(page.limit)


def page_by_number(query: Query, number: sa.Column[Any], page: Page) -> Query:
    """Highest number first; the cursor is the last number."""
    if page.after:
        query = query.where(number < _number(page.after))
    return query.order_by(number.desc()).limit(page.limit)


def page_by_offset(query: Query, page: Page) -> Query:
    """In the order of the query, which no column has; the cursor is how many rows came before."""
    return query.offset(_number(page.after) if page.after else 0).limit(page.limit)


def page_by_id(query: Query, id_: sa.Column[Any], page: Page) -> Query:
    """Newest first; the cursor is the last id."""
    if page.after:
        query = query.where(id_ < page.after)
    return query.order_by(id_.desc()).limit(page.limit)


def _number(cursor: str) -> int:
    if not cursor.isdecimal() or len(cursor) > LONGEST_NUMBER:
        raise CursorInvalid(
            f"{cursor[:80]!r} is not the cursor of a page here",
            subject="page",
            hint="Take the cursor that came with the page before, or none.",
        )
    return int(cursor)
