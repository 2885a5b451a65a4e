"""Secret values of configs, each sealed in its own row."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from cantata.core.model.errors import SecretNotFound
from cantata.store import tables
from cantata.store.transaction import Transaction, new_id


class SqlSecrets:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(self, project: str, value: str) -> str:
        self._tx.require_project(project)
        id_ = new_id()
        sealed = self._tx.keyring.seal(value.encode(), purpose(id_))
        self._tx.insert(tables.secrets, id=id_, project=project, sealed=sealed, created_at=self._tx.at)
        return id_

    def get_many(self, project: str, ids: Iterable[str]) -> dict[str, str]:
        wanted = list(dict.fromkeys(ids))
        row = tables.secrets.c
        query = sa.select(row.id, row.sealed).where(row.project == project, row.id.in_(wanted))
        sealed = {found.id: found.sealed for found in self._tx.all(query)}
        for id_ in wanted:
            if id_ not in sealed:
                raise SecretNotFound(id_)
        return {id_: self._tx.keyring.unseal(sealed[id_], purpose(id_)).decode() for id_ in wanted}


def purpose(id_: str) -> str:
    return f"secret {id_}"
