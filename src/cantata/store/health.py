"""Which applications are ill: those that have a row."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.store import tables
from cantata.store.transaction import Transaction, Upsert, keep_present

_ill = tables.ill
_of = _ill.c.application_id == sa.bindparam("of")
_find = sa.select(_ill.c.since).where(_of)
_forget = _ill.delete().where(_of)
_note = Upsert(_ill, keep_present)


class SqlHealth:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def is_ill(self, application_id: str) -> bool:
        return self._tx.first(_find, of=application_id) is not None

    def set_ill(self, application_id: str, ill: bool) -> None:
        if ill:
            self._tx.upsert(_note, {"application_id": application_id, "since": self._tx.at})
        else:
            self._tx.run(_forget, of=application_id)
