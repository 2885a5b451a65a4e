"""The route that tells where one key of a config is."""

from __future__ import annotations

import msgspec
from litestar import Router, get
from litestar.params import FromPath, FromQuery

from cantata.actions.where_key import where_key
from cantata.api.authentication import needs
from cantata.api.conditions import ThePage, ThePorts, page_info
from cantata.contract.pages import Page
from cantata.contract.where import ApplicationWhereInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.where import ApplicationWhere


@get("/", opt=needs(Verb.READ, Noun.CONFIG))
async def show_where(
    ports: ThePorts, page: ThePage, project: FromPath[str], name: FromPath[str], key: FromQuery[str]
) -> Page[ApplicationWhereInfo]:
    """Tell what carries a key in each application that uses the config, and which version of its value each
    running pod has."""
    rows = await where_key(ports, project, name, key, page)
    return page_info(rows, page, _info, lambda row: row.application)


def _info(told: ApplicationWhere) -> ApplicationWhereInfo:
    return msgspec.convert(told, ApplicationWhereInfo, from_attributes=True)


router = Router("/configs/{name:str}/where", route_handlers=[show_where], tags=["config"])
