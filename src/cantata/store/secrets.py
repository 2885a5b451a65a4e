"""Secret values of configs, each sealed in its own row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from cantata.core.model.errors import SealedUnderLostKey, SecretNotFound, SecretUnreadable
from cantata.errors import Detail, Place
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
        sealed = self._sealed(project, ids)
        found: dict[str, str] = {}
        for id_, content in sealed.items():
            try:
                found[id_] = self._tx.keyring.unseal(content, purpose(id_)).decode()
            except SealedUnderLostKey as error:
                raise self._unreadable(sealed) from error
        return found

    def require(self, project: str, ids: Iterable[str]) -> None:
        self._sealed(project, ids)

    def _sealed(self, project: str, ids: Iterable[str]) -> dict[str, bytes]:
        wanted = list(dict.fromkeys(ids))
        row = tables.secrets.c
        query = sa.select(row.id, row.sealed).where(row.project == project, row.id.in_(wanted))
        sealed = {found.id: found.sealed for found in self._tx.all(query)}
        for id_ in wanted:
            if id_ not in sealed:
                raise SecretNotFound(id_)
        return {id_: sealed[id_] for id_ in wanted}

    def _unreadable(self, sealed: Mapping[str, bytes]) -> SecretUnreadable:
        """Tells of all that cannot be read where they are used."""
        lost = [id_ for id_, content in sealed.items() if not self._tx.keyring.opens(content)]
        uses = [use for id_ in lost for use in self._uses(id_)]
        config, key, _ = uses[0] if uses else ("NAME", "KEY", "")
        told = uses[0][2] if uses else purpose(lost[0])
        more = f" (and {len(uses) - 1} more)" if len(uses) > 1 else ""
        return SecretUnreadable(
            f"{told} was sealed under a key that is lost{more}",
            subject=f"config {config}" if uses else purpose(lost[0]),
            place=Place(key=key if uses else ""),
            hint=f"Set the secret anew: `cantata config set {config} --secret {key}`.",
            details=[Detail(f"{each} cannot be read", Place(key=key)) for _, key, each in uses],
        )

    def _uses(self, id_: str) -> list[tuple[str, str, str]]:
        """Config, key, and both in words: of the latest versions, else of the newest one that has it."""
        entry, config, version = tables.config_entries.c, tables.configs.c, tables.config_versions.c
        query = (
            sa.select(config.name, config.latest, entry.key)
            .join_from(tables.config_entries, tables.configs)
            .where(entry.text.contains(f"ref:{id_}", autoescape=True))
            .order_by(config.name, entry.key)
        )
        uses = [
            (row.name, row.key, f"secret {row.key} of config {row.name}@{row.latest}")
            for row in self._tx.all(query)
        ]
        if uses:
            return uses
        earlier = (
            sa.select(config.name, version.number)
            .join_from(tables.config_versions, tables.configs, config.id == version.config_id)
            .where(version.text.contains(f"ref:{id_}", autoescape=True))
            .order_by(version.number.desc())
            .limit(1)
        )
        return [
            (row.name, "KEY", f"a secret of config {row.name}@{row.number}") for row in self._tx.all(earlier)
        ]


def purpose(id_: str) -> str:
    return f"secret {id_}"
