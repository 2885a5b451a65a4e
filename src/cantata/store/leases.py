"""Leases: who may act, with a fence that grows with every new holder. A released row stays for its fence."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.ports.store import Lease
from cantata.store import tables
from cantata.store.transaction import Transaction, Upsert, keep_present

_row = tables.leases.c
_make = Upsert(tables.leases, keep_present)
_of = _row.name == sa.bindparam("of")
_mine = _row.holder == sa.bindparam("by")
_extend = tables.leases.update().where(_of, _mine).values(expires_at=sa.bindparam("until"))
_take_over = (
    tables.leases.update()
    .where(_of, _row.expires_at <= sa.bindparam("now"))
    .values(holder=sa.bindparam("by"), fence=_row.fence + 1, expires_at=sa.bindparam("until"))
)
_expires_at = sa.select(_row.expires_at).where(_of)
_own = sa.select(_row.fence).where(_of, _mine)


class SqlLeases:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def acquire(self, name: str, holder: str, *, now: float, seconds: float) -> Lease | None:
        until = now + seconds
        held = self._tx.run(_extend, of=name, by=holder, until=until) or self._tx.run(
            _take_over, of=name, by=holder, now=now, until=until
        )
        if not held:
            first = {"name": name, "holder": holder, "fence": 1, "expires_at": until}
            self._tx.upsert(_make, first)
        own = self._tx.first(_own, of=name, by=holder)
        return Lease(name, holder, own.fence, until) if own is not None else None

    def expires_at(self, name: str) -> float:
        found = self._tx.first(_expires_at, of=name)
        return found.expires_at if found is not None else 0.0

    def release(self, lease: Lease) -> None:
        """A lease that another holds by now is left alone."""
        own = (_row.name == lease.name) & (_row.holder == lease.holder) & (_row.fence == lease.fence)
        self._tx.run(tables.leases.update().where(own).values(holder="", expires_at=0.0))
