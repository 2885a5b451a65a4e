"""What an operator asks of one running service, beside its values."""

from __future__ import annotations

import enum
from typing import Any

import msgspec


class PatchType(enum.StrEnum):
    JSON = "json"
    """RFC 6902: a list of operations."""
    STRATEGIC = "strategic"
    """A part of a manifest, laid over it; the lists of built-in kinds are merged by their keys."""


class Patch(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A change to one object of a service where the template has no knob. `target` reads `Kind` or
    `Kind/name`; empty, it is the service's only workload."""

    type: PatchType
    content: Any
    target: str = ""


class Adjustments(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`replicas` None leaves their number to the template; `restarted_at` is a time in RFC 3339, empty where
    nobody asked for a restart. `paused` keeps the service at no pods, `undeployed` without any object."""

    replicas: int | None = None
    paused: bool = False
    restarted_at: str = ""
    undeployed: bool = False
    patches: tuple[Patch, ...] = ()

    @property
    def scaled(self) -> bool:
        """Whether the number of pods is asked for, and not to be left to who else has set it."""
        return self.paused or self.replicas is not None


UNADJUSTED = Adjustments()
