"""The store: SQL tables, migrations, sealed and plain blobs behind the port `cantata.ports.store.Store`.

Only the composition root imports this package, and only these names of it:

`open_store(url, key)`, `SqlStore`     the store itself
`load_or_create_key(path)`, `StoreKey`  the key file that lives outside of the database
`rotate_key(url, old, new)`, `replace_lost_key(url, new)`, `key_opens(url, key)`, `reseal(url, key)`
                                       care of the keys, while no server runs

A file per noun holds its statements (`configs.py`, `applications.py`, …); `tables/` the tables.
"""

from __future__ import annotations

from cantata.store.resealing import Resealed
from cantata.store.sealing import StoreKey, load_key, load_or_create_key
from cantata.store.sql_store import (
    SqlStore,
    key_opens,
    open_store,
    replace_lost_key,
    reseal,
    rotate_key,
)

__all__ = [
    "Resealed",
    "SqlStore",
    "StoreKey",
    "key_opens",
    "load_key",
    "load_or_create_key",
    "open_store",
    "replace_lost_key",
    "reseal",
    "rotate_key",
]
