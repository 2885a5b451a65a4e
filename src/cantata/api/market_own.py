"""Routes of what a project publishes, and of what it imports from a market."""

from __future__ import annotations

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody

from cantata.actions.market_sources import import_from_market, version_source
from cantata.actions.publish_chart import (
    list_publications,
    market_is_public,
    open_market,
    publish_chart,
    withdraw_chart,
)
from cantata.api.authentication import needs
from cantata.api.conditions import Expected, TheActor, ThePorts
from cantata.api.market_wire import chart_source_info, own_market_info, published_info
from cantata.api.wire import finding_info, template_version_info
from cantata.contract.market import (
    MarketImportRequest,
    OwnMarketEdit,
    OwnMarketInfo,
    PublishedInfo,
    PublishRequest,
)
from cantata.contract.templates import ImportedInfo
from cantata.core.decide.authorise import Noun, Verb


@get("/own", opt=needs(Verb.READ, Noun.MARKET))
async def show(ports: ThePorts, project: FromPath[str]) -> OwnMarketInfo:
    """Show what the project has published in its own market."""
    return await _own(ports, project)


@put("/own", opt=needs(Verb.EDIT, Noun.PROJECT))
async def edit(
    ports: ThePorts, actor: TheActor, project: FromPath[str], data: JSONBody[OwnMarketEdit]
) -> OwnMarketInfo:
    """Say whether the project's own market answers without a token."""
    await open_market(ports, actor, project, data.public)
    return await _own(ports, project)


async def _own(ports: ThePorts, project: str) -> OwnMarketInfo:
    public = await market_is_public(ports, project)
    return own_market_info(project, public, await list_publications(ports, project))


@post("/publications", opt=needs(Verb.CREATE, Noun.MARKET), status_code=200)
async def publish(
    ports: ThePorts, actor: TheActor, project: FromPath[str], data: JSONBody[PublishRequest]
) -> PublishedInfo:
    """Publish a version of a template as a chart: in the project's own market, in a registry or a folder."""
    return published_info(
        *await publish_chart(ports, actor, project, data.template, data.version, data.repository)
    )


@delete("/publications/{chart:str}/{version:str}", opt=needs(Verb.DELETE, Noun.MARKET))
async def withdraw(
    ports: ThePorts, actor: TheActor, project: FromPath[str], chart: FromPath[str], version: FromPath[str]
) -> None:
    """Take a chart out of the project's own market. Whoever has pulled it keeps it."""
    await withdraw_chart(ports, actor, project, chart, version)


@post("/templates/{name:str}/market", opt=needs(Verb.CREATE, Noun.TEMPLATE))
async def import_(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[MarketImportRequest],
    expected: Expected,
) -> ImportedInfo:
    """Import a chart of a market, with all that it depends on, as the next version of a template."""
    imported = await import_from_market(
        ports,
        actor,
        project,
        name,
        data.chart,
        data.version,
        description=data.description,
        expected=expected,
        strict=data.strict,
    )
    source = await version_source(ports, imported.version)
    info = template_version_info(name, imported.version)
    return ImportedInfo(
        version=msgspec.structs.replace(info, source=source and chart_source_info(*source)),
        fresh=imported.fresh,
        findings=tuple(map(finding_info, imported.findings)),
    )


router = Router("/market", route_handlers=[show, edit, publish, withdraw], tags=["market"])
import_router = Router("/", route_handlers=[import_], tags=["template"])
