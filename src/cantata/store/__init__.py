"""The store: SQL tables, migrations, sealed and plain blobs behind the port `cantata.ports.store.Store`.

Only the composition root imports this package, and only these names of it:

`open_store(url, key)`, `SqlStore`     the store itself
`load_or_create_key(path)`, `StoreKey`  the key file that lives outside of the database
`rotate_key(url, old, new)`, `replace_lost_key(url, new)`  care of the key, while no server runs

A file per noun holds its statements (`configs.py`, `applications.py`, …); `tables.py` all tables.
"""

from __future__ import annotations

from cantata.store.sealing import StoreKey, load_or_create_key
from cantata.store.sql_store import SqlStore, open_store, replace_lost_key, rotate_key

__all__ = ["SqlStore", "StoreKey", "load_or_create_key", "open_store", "replace_lost_key", "rotate_key"]
