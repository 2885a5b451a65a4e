"""Webhooks: what of a project is told to others, and the deliveries of it."""

from __future__ import annotations

import enum

import msgspec


class Notice(enum.StrEnum):
    """What a webhook can tell."""

    DEPLOYED = "deployed"
    """A deploy, a rollback or another operation that brings a revision has ended well."""
    FAILED = "failed"
    """An operation failed."""
    DEGRADED = "degraded"
    RECOVERED = "recovered"
    DRIFTED = "drifted"
    TEST = "test"
    """Somebody asked for it; no webhook can be without."""


class DeliveryState(enum.StrEnum):
    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"


class Webhook(msgspec.Struct, frozen=True, rename="camel"):
    """`notices` and `applications` (patterns such as `shop-*`) choose what is told; empty means all."""

    id: str
    project: str
    name: str
    url: str
    notices: tuple[Notice, ...] = ()
    applications: tuple[str, ...] = ()
    enabled: bool = True
    row_version: int = 1
    created_at: str = ""
    since: int = 0
    """The event of the project after which it was made, or enabled: what came before is not told."""


class Delivery(msgspec.Struct, frozen=True, rename="camel"):
    """One notice on its way. `event` is the event that it tells of, `status` the HTTP status of the last
    answer, `next_at` when it is tried again, in seconds since the epoch."""

    id: str
    webhook_id: str
    notice: Notice
    application: str
    event: int
    payload: str
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    status: int = 0
    error: str = ""
    created_at: str = ""
    ended_at: str = ""
    next_at: float = 0.0
