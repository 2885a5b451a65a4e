"""Which addresses a webhook may call: a server in a cloud could be made to read its own credentials."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from cantata.errors import CantataError, Category

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

CLOSED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "169.254.0.0/16",
            "100.100.100.200/32",
            "192.0.0.192/32",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/128",
            "fe80::/10",
            "fd00:ec2::/32",
            "ff00::/8",
        ),
    )
)
"""Link-local, where clouds have their metadata; that of Alibaba, Oracle and AWS; nowhere and everybody."""

NAT64 = IPv6Network("64:ff9b::/96")
LONGEST = 2000


class WebhookAddressInvalid(CantataError):
    category = Category.INVALID


class WebhookAddressClosed(CantataError):
    """The address of a webhook is link-local or a metadata service, or resolves to one."""

    category = Category.REFUSED


def is_closed(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Also for an IPv4 address inside an IPv6 one."""
    plain = _plain(address)
    if any(plain in network for network in allowed if network.version == plain.version):
        return False
    return any(plain in network for network in CLOSED if network.version == plain.version)


def _plain(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def check_url(url: str, allowed: Iterable[Network] = ()) -> str:
    """The host of a URL that may be called, as far as that can be told without asking for names. Raises
    `WebhookAddressInvalid`, `WebhookAddressClosed`."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST
    if parts.scheme not in ("http", "https") or not host or not plain:
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
    try:
        literal = ip_address(host)
    except ValueError:
        return host
    if is_closed(literal, allowed):
        raise closed(host)
    return host


def closed(host: str) -> WebhookAddressClosed:
    return WebhookAddressClosed(
        f"webhooks may not call {host[:200]}: it is link-local, or a metadata service",
        subject="url",
        hint="The server's CANTATA_WEBHOOK_ALLOW names networks that may be called all the same.",
    )
