"""What became of a declared thing."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from cantata.core.config import KeyChange


class Outcome(enum.StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PRUNED = "pruned"
    """Deleted, since the files declare it no longer."""


@dataclass(frozen=True, slots=True)
class Applied:
    """`version` is the latest one, 0 of what is pruned; `fields` names what is other than before; `changes`
    are the keys of a config's text, secrets masked."""

    kind: str
    name: str
    outcome: Outcome
    version: int = 0
    fields: tuple[str, ...] = ()
    changes: tuple[KeyChange, ...] = ()
