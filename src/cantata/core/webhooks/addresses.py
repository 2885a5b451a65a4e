"""Which addresses a webhook may call."""

from __future__ import annotations

from collections.abc import Iterable

from cantata.core.network.addresses import CLOSED, Address, Network, parse_address, split_http, within
from cantata.errors import CantataError, Category


class WebhookAddressInvalid(CantataError):
    category = Category.INVALID


class WebhookAddressClosed(CantataError):
    """The address of a webhook is link-local or a metadata service, or resolves to one."""

    category = Category.REFUSED


def is_closed(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Also for an IPv4 address inside an IPv6 one."""
    return within(address, CLOSED) and not within(address, allowed)


def check_url(url: str, allowed: Iterable[Network] = ()) -> str:
    """The host of a URL that may be called, as far as that can be told without asking for names. Raises
    `WebhookAddressInvalid`, `WebhookAddressClosed`."""
    parts = split_http(url)
    if parts is None:
        raise WebhookAddressInvalid(
            "the address of a webhook is no URL of http or https",
            subject="url",
            hint="Such as https://example.org/hooks/cantata.",
        )
    if parts.username or parts.password:
        raise WebhookAddressInvalid(
            "the address of a webhook holds a user or a password",
            subject="url",
            hint="Deliveries are signed; let the receiver check that.",
        )
    host = parts.hostname or ""
    literal = parse_address(host)
    if literal is not None and is_closed(literal, allowed):
        raise closed(host)
    return host


def closed(host: str) -> WebhookAddressClosed:
    return WebhookAddressClosed(
        f"webhooks may not call {host[:200]}: it is link-local, or a metadata service",
        subject="url",
        hint="The server's CANTATA_WEBHOOK_ALLOW names networks that may be called all the same.",
    )
