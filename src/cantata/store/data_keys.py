"""The wrapped data keys in the database."""

from __future__ import annotations

import os
from collections.abc import Sequence

import sqlalchemy as sa

from cantata.store import tables
from cantata.store.errors import StoreKeyInvalid
from cantata.store.sealing import HASH_KEYS, KEY_BYTES, Keyring, StoreKey
from cantata.store.transaction import Found, now


def load_keyring(connection: sa.Connection, key: StoreKey) -> Keyring:
    """Makes the first data key of a new database. The newest must open, or `StoreKeyInvalid`; older ones that
    do not belong to a key that was lost."""
    rows = _wrapped(connection)
    if not rows:
        add_data_key(connection, key)
        rows = _wrapped(connection)
    opened = {row.number: key.unwrap(row.number, row.wrapped) for row in rows}
    newest = rows[-1]
    hashing = key.unwrap(newest.number, newest.hashing, HASH_KEYS) if newest.hashing is not None else None
    if opened[newest.number] is None or (newest.hashing is not None and hashing is None):
        raise StoreKeyInvalid(
            "the key file is not the one that this database was sealed with",
            subject="store key",
            hint="Put the right key file back from your backup. If it is lost for good, the store page "
            "in the documentation says how to keep everything but secrets and old revisions.",
        )
    readable = {number: data_key for number, data_key in opened.items() if data_key is not None}
    return Keyring(readable, hashing)


def add_data_key(connection: sa.Connection, key: StoreKey, *, hashing: bytes | None = None) -> None:
    """`hashing` are the hash keys of the data key that this one follows."""
    number = max((row.number for row in _wrapped(connection)), default=0) + 1
    wrapped = key.wrap(number, os.urandom(KEY_BYTES))
    row = {"number": number, "wrapped": wrapped, "created_at": now()}
    kept = key.wrap(number, hashing, HASH_KEYS) if hashing is not None else None
    connection.execute(tables.data_keys.insert(), {**row, "hashing": kept})


def rewrap(connection: sa.Connection, old: StoreKey, new: StoreKey) -> None:
    """Raises `StoreKeyInvalid` when the old key is not the present one."""
    load_keyring(connection, old)
    for row in _wrapped(connection):
        data_key = old.unwrap(row.number, row.wrapped)
        if data_key is None:
            continue
        anew = {"wrapped": new.wrap(row.number, data_key)}
        if row.hashing is not None and (hashing := old.unwrap(row.number, row.hashing, HASH_KEYS)):
            anew["hashing"] = new.wrap(row.number, hashing, HASH_KEYS)
        same = tables.data_keys.c.number == row.number
        connection.execute(tables.data_keys.update().where(same).values(**anew))


def _wrapped(connection: sa.Connection) -> Sequence[Found]:
    return connection.execute(sa.select(tables.data_keys).order_by(tables.data_keys.c.number)).all()
