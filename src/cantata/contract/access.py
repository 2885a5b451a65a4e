"""Tokens and the audit list."""

from __future__ import annotations

import msgspec

from cantata.contract.states import Role


class TokenDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`expires_at` is UTC in RFC 3339; empty means never."""

    name: str
    role: Role
    expires_at: str = ""


class TokenInfo(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    project: str
    role: Role
    created_at: str
    expires_at: str = ""


class NewTokenInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The only answer that ever holds the token itself."""

    token: str
    info: TokenInfo


class AuditInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Who did what to which thing."""

    id: str
    at: str
    actor: str
    project: str
    verb: str
    noun: str
    name: str
    detail: str = ""
