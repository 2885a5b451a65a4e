"""Values that are held: a rollback took them away, and nobody brings them back by the way."""

from __future__ import annotations

import msgspec


class HoldInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`revision` is the one whose value of the key is held; the value itself is kept by nobody here."""

    id: str
    application: str
    service: str
    key: str
    revision: int
    author: str
    created_at: str


class SkippedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A key that a rollback leaves as it was before `revision` set it. `held` says that its value is held."""

    service: str
    key: str
    revision: int
    held: bool = False


class LiftRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An empty `key` means all of the service."""

    service: str
    key: str = ""
