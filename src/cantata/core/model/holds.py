"""Values that proved bad: a rollback took them away, and nobody brings them back by the way."""

from __future__ import annotations

import msgspec


class Hold(msgspec.Struct, frozen=True, rename="camel"):
    """`value` is a keyed hash of what the value at `path` was in `revision`, the one that was left: of a
    secret, too, it tells nothing."""

    id: str
    application_id: str
    service: str
    path: tuple[str, ...]
    value: str
    revision: int
    author: str
    created_at: str = ""

    @property
    def key(self) -> str:
        return ".".join(self.path)


class Skipped(msgspec.Struct, frozen=True, rename="camel"):
    """A key that a rollback leaves as it was before `revision` set it. `held` says that its value is held."""

    service: str
    key: str
    revision: int
    held: bool = False


class Holding(msgspec.Struct, frozen=True):
    """What a change means for the holds of an application: values that it would bring back, holds that it
    makes, the ids of those that it ends, and every key that it skips."""

    back: tuple[Hold, ...] = ()
    made: tuple[Hold, ...] = ()
    ended: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()


NO_HOLDING = Holding()
