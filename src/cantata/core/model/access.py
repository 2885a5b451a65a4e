"""Who may do what: roles, tokens, audit."""

from __future__ import annotations

import enum

import msgspec


class Role(enum.StrEnum):
    """Each role may do what the ones before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OPERATOR = "operator"
    ADMIN = "admin"

    def reaches(self, least: Role) -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(least)


class Token(msgspec.Struct, frozen=True, rename="camel"):
    """A bearer token; `digest` is the sha256 of its 32 random bytes, the token itself is never stored."""

    id: str
    name: str
    digest: str
    project: str
    role: Role
    created_at: str
    expires_at: str = ""


class Cluster(msgspec.Struct, frozen=True, rename="camel"):
    """A Kubernetes API we may talk to. `credentials` names the encrypted blob of the kubeconfig, as JSON;
    `uid` is the UID of its kube-system namespace."""

    id: str
    project: str
    name: str
    uid: str
    server: str
    credentials: str
    created_at: str


class AuditRecord(msgspec.Struct, frozen=True, rename="camel"):
    """Who did what to which thing. `id` is given by the store and is the cursor of its list."""

    at: str
    actor: str
    project: str
    verb: str
    noun: str
    name: str
    detail: str = ""
    id: str = ""


class Actor(msgspec.Struct, frozen=True):
    """Who asks: the token's name, and what it carries."""

    name: str
    project: str
    role: Role
