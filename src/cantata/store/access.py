"""Tokens, the audit table, projects."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.access import AuditRecord, Role, Token
from cantata.core.model.errors import NameTaken, TokenNotFound
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.transaction import Transaction, new_id, page_by_id

_token = tables.tokens.c
_audit = tables.audit.c


class SqlAccess:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add_token(self, *, name: str, digest: str, project: str, role: Role, expires_at: str = "") -> Token:
        """Raises `NameTaken`, `ProjectNotFound`."""
        self._tx.require_project(project)
        same = sa.select(_token.id).where(_token.project == project, _token.name == name)
        if self._tx.first(same) is not None:
            raise NameTaken(f"there is already a token {name}", subject=f"token {name}")
        token = Token(new_id(), name, digest, project, role, self._tx.at, expires_at)
        self._tx.insert(tables.tokens, **msgspec.structs.asdict(token))
        return token

    def find_token(self, digest: str) -> Token | None:
        row = self._tx.first(sa.select(tables.tokens).where(_token.digest == digest))
        return Token(*row) if row is not None else None

    def tokens(self, project: str) -> Sequence[Token]:
        query = sa.select(tables.tokens).where(_token.project == project).order_by(_token.name)
        return [Token(*row) for row in self._tx.all(query)]

    def delete_token(self, project: str, name: str) -> None:
        """Raises `TokenNotFound`."""
        same = (_token.project == project) & (_token.name == name)
        if not self._tx.run(tables.tokens.delete().where(same)):
            raise TokenNotFound(name)

    def record(self, entry: AuditRecord) -> None:
        self._tx.insert(tables.audit, **{**msgspec.structs.asdict(entry), "id": new_id()})

    def audit(self, project: str, *, page: Page = Page()) -> Sequence[AuditRecord]:
        query = sa.select(tables.audit).where(_audit.project == project)
        return [AuditRecord(*row) for row in self._tx.all(page_by_id(query, _audit.id, page))]

    def project_exists(self, project: str) -> bool:
        name = tables.projects.c.name
        return self._tx.first(sa.select(name).where(name == project)) is not None
