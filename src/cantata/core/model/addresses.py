"""Where a service can be reached."""

from __future__ import annotations

import enum

import msgspec


class AddressKind(enum.StrEnum):
    """How one gets there; those from outside of the cluster first."""

    INGRESS = "ingress"
    ROUTE = "route"
    """A route of the Gateway API."""
    LOAD_BALANCER = "load_balancer"
    NODE_PORT = "node_port"
    EXTERNAL_NAME = "external_name"
    """A name in the cluster for something outside of it."""
    IN_CLUSTER = "in_cluster"
    """A name that is good inside the cluster alone."""


class Address(msgspec.Struct, frozen=True, rename="camel"):
    """One way to a service. `address` is a URL where the protocol is known, else a host and port; it is empty
    while there is none. `object` is what gives it, `port` the name of the port. `why_not` says why nobody
    gets through now, empty where nothing is known to be in the way."""

    service: str
    kind: AddressKind
    object: str
    address: str = ""
    port: str = ""
    why_not: str = ""
