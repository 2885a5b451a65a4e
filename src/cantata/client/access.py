"""Tokens and the audit list, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cantata.client.noun import Noun
from cantata.contract.access import AuditInfo, NewTokenInfo, TokenDraft, TokenInfo
from cantata.contract.states import Role


class Tokens(Noun):
    path = "tokens"

    def list(self) -> AsyncIterator[TokenInfo]:
        return self._all(self._at(), TokenInfo)

    async def create(self, name: str, role: Role, expires_at: str = "") -> NewTokenInfo:
        draft = TokenDraft(name=name, role=role, expires_at=expires_at)
        return await self._connection.send("POST", self._at(), NewTokenInfo, body=draft)

    async def delete(self, name: str) -> None:
        await self._connection.send("DELETE", self._at(name), type(None))


class Audit(Noun):
    path = "audit"

    def list(self) -> AsyncIterator[AuditInfo]:
        """Newest first."""
        return self._all(self._at(), AuditInfo)
