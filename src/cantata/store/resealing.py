"""All that is sealed, sealed anew under a fresh data key.

Rows are done in small transactions, each row under either key being readable all the while, since both keys
stand in the database until the last row is done. So a run that is killed is gone on with by the next one.
Addresses and keyed hashes stay: the keys for these go over to the fresh data key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from cantata.core.model.errors import BlobUnreadable, SealedUnderLostKey
from cantata.store import idempotency, market, revisions, secrets, tables, triggers, webhooks
from cantata.store.data_keys import add_data_key, load_keyring
from cantata.store.sealing import NUMBER_BYTES, Keyring, StoreKey
from cantata.store.transaction import Found

BATCH = 20
"""Rows of one transaction; a blob may have 64 MiB."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed texts; `purpose` gives what a row's text is bound to."""

    table: sa.Table
    name: str
    purpose: Callable[[Found], str]

    @property
    def column(self) -> sa.Column[bytes]:
        return self.table.columns[self.name]

    @property
    def key(self) -> list[sa.Column[str]]:
        return list(self.table.primary_key.columns)


SEALED = (
    SealedColumn(tables.secrets, "sealed", lambda row: secrets.purpose(row.id)),
    SealedColumn(tables.blobs, "content", lambda row: str(row.address)),
    SealedColumn(tables.revisions, "notes", lambda row: revisions.purpose(row.id)),
    SealedColumn(tables.triggers, "secrets", lambda row: triggers.purpose(row.id)),
    SealedColumn(tables.trigger_calls, "payload", lambda row: triggers.payload_purpose(row.id)),
    SealedColumn(tables.webhooks, "secret", lambda row: webhooks.purpose(row.id)),
    SealedColumn(tables.market_repositories, "credentials", lambda row: market.purpose(row.id)),
    SealedColumn(tables.idempotency, "answer", lambda row: idempotency.purpose(row.project, row.key)),
)
"""Every column that holds sealed texts. Plain blobs do not look like any."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many rows were done, and how many could not be read: these stay as they are, and so does the data
    key that they say they were sealed with."""

    rows: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Batch:
    rows: int
    unreadable: int
    last: tuple[str, ...]


def begin(connection: sa.Connection, key: StoreKey) -> Keyring:
    """A fresh data key, or the one of a run that did not come to its end."""
    keyring = load_keyring(connection, key)
    if not keyring.older:
        add_data_key(connection, key, hashing=keyring.hashing)
        keyring = load_keyring(connection, key)
    return keyring


def reseal_batch(
    connection: sa.Connection, keyring: Keyring, sealed: SealedColumn, after: tuple[str, ...]
) -> Batch | None:
    """The next rows behind a key; None when there are no more."""
    query = sa.select(*sealed.key, sealed.column).where(_under(sealed, keyring.older))
    if after:
        query = query.where(sa.tuple_(*sealed.key) > sa.tuple_(*map(sa.literal, after)))
    rows = connection.execute(query.order_by(*sealed.key).limit(BATCH)).all()
    unreadable = 0
    for row in rows:
        purpose = sealed.purpose(row)
        try:
            content = keyring.unseal(row._mapping[sealed.column], purpose)
        except (BlobUnreadable, SealedUnderLostKey):
            unreadable += 1
            continue
        same = sa.and_(*(column == row._mapping[column] for column in sealed.key))
        anew = {sealed.name: keyring.seal(content, purpose)}
        connection.execute(sealed.table.update().where(same).values(anew))
    if not rows:
        return None
    last = tuple(str(rows[-1]._mapping[column]) for column in sealed.key)
    return Batch(len(rows) - unreadable, unreadable, last)


def finish(connection: sa.Connection, keyring: Keyring) -> None:
    """Older data keys go, but for those that a row still says it needs."""
    for number in keyring.older:
        queries = (sa.select(sa.literal(1)).where(_under(sealed, [number])).limit(1) for sealed in SEALED)
        if all(connection.execute(query).first() is None for query in queries):
            connection.execute(tables.data_keys.delete().where(tables.data_keys.c.number == number))


def _under(sealed: SealedColumn, numbers: list[int]) -> sa.ColumnElement[bool]:
    """Whether a row was sealed with one of these data keys, by the first bytes of its text."""
    first = sa.func.substr(sealed.column, 1, NUMBER_BYTES, type_=sa.LargeBinary())
    return first.in_([number.to_bytes(NUMBER_BYTES, "big") for number in numbers])
