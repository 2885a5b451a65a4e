"""Webhooks, and the deliveries that they make."""

from __future__ import annotations

import msgspec

from cantata.contract.states import DeliveryState, Notice, Told


class WebhookDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`notices` and `applications` (patterns such as `shop-*`) choose what is told; empty means all."""

    name: str
    url: str
    notices: tuple[Told, ...] = ()
    applications: tuple[str, ...] = ()
    enabled: bool = True


class WebhookEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is not given stays."""

    url: str | msgspec.UnsetType = msgspec.UNSET
    notices: tuple[Told, ...] | msgspec.UnsetType = msgspec.UNSET
    applications: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class WebhookInfo(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    url: str
    notices: tuple[Notice, ...]
    applications: tuple[str, ...]
    enabled: bool
    created_at: str


class NewWebhookInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The only answer that ever holds the secret."""

    secret: str
    info: WebhookInfo


class DeliveryInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`event` is the event of the project that it tells of; `status` the HTTP status of the last answer, 0
    without one; `payload` the body that is sent."""

    id: str
    notice: Notice
    application: str
    event: int
    payload: str
    state: DeliveryState
    attempts: int
    status: int = 0
    error: str = ""
    created_at: str = ""
    ended_at: str = ""
