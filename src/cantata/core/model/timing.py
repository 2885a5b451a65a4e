"""When the services of an operation came how far, and which of them decided how long it took."""

from __future__ import annotations

import enum

import msgspec

from cantata.core.model.templates import Condition


class Mark(enum.StrEnum):
    """What a service of an operation reached, in this order."""

    BEGUN = "begun"
    """Everything that it waits for was there, and its first object was sent."""
    STARTED = "started"
    READY = "ready"
    COMPLETED = "completed"


class Reached(msgspec.Struct, frozen=True):
    """`at` in seconds since the epoch."""

    service: str
    mark: Mark
    at: float


class PathLink(msgspec.Struct, frozen=True, rename="camel"):
    """One service of the chain. `waited_for` is the one before it and `condition` what it had to be, None for
    the first; `begun` and `until` are seconds since the operation's first service began, `until` when it was
    as far as the next link, or the end, needed it. `saved` are the seconds by which the operation would have
    been shorter without waiting for the service before."""

    service: str
    begun: float
    until: float
    waited_for: str = ""
    condition: Condition | None = None
    saved: float = 0.0


class CriticalPath(msgspec.Struct, frozen=True):
    """The chain of services that decided how long it took, the first one first; `seconds` from the first
    service's begin to the last one's end."""

    seconds: float
    links: tuple[PathLink, ...]
