"""Drift: what others changed on the fields of objects that an application set."""

from __future__ import annotations

import enum

import msgspec


class DriftPolicy(enum.StrEnum):
    """What happens when others change what an application set."""

    REPORT = "report"
    """It is told."""
    REVERT = "revert"
    """It is told and taken back."""


class DriftedField(msgspec.Struct, frozen=True, rename="camel"):
    """`field` is a path such as `spec.template.spec.containers[web].image`, empty when the whole object is
    gone. `manager` is the field manager who set it and `at` when, both empty where nobody tells; `at` of an
    object that is gone is when that was seen. A `fight` is drift that came back each time it was taken
    back."""

    service: str
    object: str
    field: str
    manager: str = ""
    at: str = ""
    fight: bool = False

    @property
    def place(self) -> tuple[str, str]:
        return self.object, self.field


class Reverted(msgspec.Struct, frozen=True, rename="camel"):
    """How often the policy has taken a field back, and when it last tried, in seconds since the epoch.
    `failed` is how often it could not, and `counted` the id of the operation that is the last of these."""

    object: str
    field: str
    times: int
    at: float
    failed: int = 0
    counted: str = ""


class Drift(msgspec.Struct, frozen=True):
    """What is known of an application's drift. `reverted` counts for `revision`: with another one wanted, it
    begins anew."""

    revision: int = 0
    fields: tuple[DriftedField, ...] = ()
    reverted: tuple[Reverted, ...] = ()


class Watched(msgspec.Struct, frozen=True):
    """An application whose objects are watched. It is looked at again when any of the rest is another one;
    `operation` is the newest, and `active` says that one waits or runs."""

    id: str
    project: str
    name: str
    cluster: str
    row_version: int
    revision: int
    operation: str = ""
    active: bool = False
