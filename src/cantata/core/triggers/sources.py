"""Networks that may call a trigger."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_network(text: str) -> Network:
    """Raises `ValueError`; also for a network with bits behind its prefix, which may be a slip."""
    return ipaddress.ip_network(text)


def source_allowed(address: str, sources: Sequence[str]) -> bool:
    """Whether the peer's address is in one of the networks; without networks every address may call. An IPv4
    address that came as IPv6 (`::ffff:10.0.0.1`) is what it is."""
    if not sources:
        return True
    try:
        peer = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped
    return any(peer in network for network in map(parse_network, sources) if network.version == peer.version)
