"""Answers of actions that were done already. Sealed: an answer may show what only its asker may see."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.store import tables
from cantata.store.transaction import Transaction, Upsert, keep_present

_row = tables.idempotency.c
_keep_first = Upsert(tables.idempotency, keep_present)


class SqlIdempotency:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, project: str, key: str) -> tuple[str, bytes] | None:
        query = sa.select(_row.request, _row.answer).where(_row.project == project, _row.key == key)
        row = self._tx.first(query)
        return (row.request, self._tx.keyring.unseal(row.answer, purpose(project, key))) if row else None

    def put(self, project: str, key: str, request: str, answer: bytes) -> None:
        """The first answer to a key stays."""
        row = {
            "project": project,
            "key": key,
            "request": request,
            "answer": self._tx.keyring.seal(answer, purpose(project, key)),
            "created_at": self._tx.at,
        }
        self._tx.upsert(_keep_first, row)


def purpose(project: str, key: str) -> str:
    return f"answer to {project}/{key}"
