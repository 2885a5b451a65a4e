"""Free ports on loopback."""

from __future__ import annotations

import random
import socket

import msgspec

from cantata.sandbox.state import Ports

RANGE = range(20000, 32000)
"""Below the range from which systems take ports for outgoing connections."""


def choose_ports(earlier: Ports | None) -> Ports:
    """Ports nobody listens on: those of the earlier start where free, so that a kubeconfig stays true."""
    wanted = msgspec.structs.asdict(earlier) if earlier else {}
    taken: set[int] = set()
    chosen: dict[str, int] = {}
    for field in Ports.__struct_fields__:
        port = wanted.get(field, 0)
        while port in taken or not is_free(port):
            port = random.choice(RANGE)
        taken.add(port)
        chosen[field] = port
    return Ports(**chosen)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now; 0 is no port."""
    if port == 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
