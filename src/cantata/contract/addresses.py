"""Where services can be reached."""

from __future__ import annotations

import msgspec

from cantata.contract.states import AddressKind


class AddressInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One way to a service. `address` is a URL where the protocol is known, else a host and port; it is empty
    while there is none. `object` is what gives it, `port` the name of the port. `why_not` says why nobody
    gets through now, empty where nothing is known to be in the way."""

    service: str
    kind: AddressKind
    object: str
    address: str = ""
    port: str = ""
    why_not: str = ""


class AddressesInfo(msgspec.Struct, frozen=True, rename="camel"):
    application: str
    addresses: tuple[AddressInfo, ...]
