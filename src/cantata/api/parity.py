"""The three renderings of the config of an application."""

from __future__ import annotations

from litestar import Router, get
from litestar.params import FromPath, FromQuery

from cantata.actions.show_parity import show_parity
from cantata.api.authentication import needs
from cantata.api.conditions import ThePorts
from cantata.api.wire import parity_info
from cantata.contract.parity import ParityInfo
from cantata.core.decide.authorise import Noun, Verb


@get("/{name:str}/parity", opt=needs(Verb.READ, Noun.APPLICATION))
async def parity(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], service: FromQuery[list[str] | None] = None
) -> ParityInfo:
    """Show each key as template variable, environment and file, of all services or of those named."""
    return parity_info(name, await show_parity(ports, project, name, tuple(service or ())))


router = Router("/applications", route_handlers=[parity], tags=["application"])
