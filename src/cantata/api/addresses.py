"""Where the services of an application can be reached."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from litestar import Router, get
from litestar.params import FromPath, FromQuery

from cantata.actions.addresses import application_addresses
from cantata.api.authentication import needs
from cantata.api.conditions import ThePorts
from cantata.contract.addresses import AddressesInfo, AddressInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.addresses import Address


@get("/{name:str}/addresses", opt=needs(Verb.READ, Noun.APPLICATION))
async def show(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], service: FromQuery[str | None] = None
) -> AddressesInfo:
    """List where the services can be reached, or the one that is named, and why not yet."""
    return addresses_info(name, await application_addresses(ports, project, name, service))


def addresses_info(name: str, found: Iterable[Address]) -> AddressesInfo:
    return AddressesInfo(name, msgspec.convert(tuple(found), tuple[AddressInfo, ...], from_attributes=True))


router = Router("/applications", route_handlers=[show], tags=["application"])
