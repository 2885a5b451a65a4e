"""What a proposed config would change, told before it is saved."""

from __future__ import annotations

import enum

import msgspec

from cantata.core.model.plans import Action, ObjectPlan


class Reach(enum.StrEnum):
    """What a proposed config means to one application that uses it."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PINNED = "pinned"
    """It stays at an older version."""
    NOT_DEPLOYED = "not_deployed"
    """Nothing of it runs that could change."""
    FAILED = "failed"
    """It could not be deployed with this config."""


class ServiceImpact(msgspec.Struct, frozen=True, rename="camel"):
    """One service that would change; `rolls` says whether pods are replaced, `keys` are the changed keys that
    reach it as environment or files."""

    service: str
    action: Action
    rolls: bool
    objects: tuple[ObjectPlan, ...]
    keys: tuple[str, ...] = ()


class ApplicationImpact(msgspec.Struct, frozen=True, rename="camel"):
    """`order` lists the changed services in waves that may run together, `error` tells why it would fail."""

    application: str
    reach: Reach
    config: str
    services: tuple[ServiceImpact, ...] = ()
    order: tuple[tuple[str, ...], ...] = ()
    error: str = ""


class Impact(msgspec.Struct, frozen=True, rename="camel"):
    """`applications` are all that would see the proposed text; `unread` are its keys that none of them reads
    in any way."""

    config: str
    applications: tuple[ApplicationImpact, ...]
    unread: tuple[str, ...] = ()
