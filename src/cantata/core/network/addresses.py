"""Which addresses are open: a server in a cloud could be made to read its own credentials."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

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


def plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, if there is one."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def within(address: Address, networks: Iterable[Network]) -> bool:
    """Also for an IPv4 address inside an IPv6 one."""
    inner = plain(address)
    return any(inner in network for network in networks if network.version == inner.version)


def parse_address(host: str) -> Address | None:
    """The address that a host is written as, without its zone; None for a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def split_http(url: str) -> SplitResult | None:
    """The parts of a URL of http or https with a host; None for anything else."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    fit = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST
    return parts if fit and host and parts.scheme in ("http", "https") else None
