"""Tokens, made, listed and taken back; and the audit list."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor, AuditRecord, Role, Token
from cantata.core.model.errors import check_name
from cantata.errors import CantataError, Category
from cantata.ports import Page, Records


class ExpiryInvalid(CantataError):
    category = Category.INVALID


def new_token() -> str:
    """A fresh bearer token: 32 random bytes as text."""
    return f"cantata_{secrets.token_urlsafe(32)}"


def token_digest(token: str) -> str:
    """What the store keeps of a token. A plain hash is enough, since the token is random."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_expiry(expires_at: str) -> None:
    """Empty, or a time to come in RFC 3339 with its zone. Raises `ExpiryInvalid`."""
    if not expires_at:
        return
    try:
        later = datetime.fromisoformat(expires_at) > datetime.now(UTC)
    except (ValueError, TypeError):
        later = False
    if not later:
        raise ExpiryInvalid(
            f"{expires_at[:40]!r} is not a time to come",
            subject="token",
            hint="Write it as 2030-12-31T00:00:00Z.",
        )


async def create_token(
    ports: Ports, actor: Actor, project: str, name: str, role: Role, *, expires_at: str = ""
) -> tuple[str, Token]:
    """The token itself is given back this once. Raises `NameInvalid`, `NameTaken`, `ExpiryInvalid`,
    `ProjectNotFound`."""
    check_name("token", name)
    check_expiry(expires_at)
    token = new_token()

    def write(records: Records) -> Token:
        row = records.access.add_token(
            name=name, digest=token_digest(token), project=project, role=role, expires_at=expires_at
        )
        audit(records, actor, project, "create", "token", name, f"role {role}")
        return row

    return token, await ports.store.write(write)


async def list_tokens(ports: Ports, project: str) -> Sequence[Token]:
    return await ports.store.read(lambda records: records.access.tokens(project))


async def delete_token(ports: Ports, actor: Actor, project: str, name: str) -> None:
    """Raises `TokenNotFound`."""

    def write(records: Records) -> None:
        records.access.delete_token(project, name)
        audit(records, actor, project, "delete", "token", name)

    await ports.store.write(write)


async def list_audit(ports: Ports, project: str, page: Page) -> Sequence[AuditRecord]:
    """Newest first."""
    return await ports.store.read(lambda records: records.access.audit(project, page=page))
