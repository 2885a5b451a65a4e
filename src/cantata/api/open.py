"""The two routes that anyone may ask, and the description of the API, which needs a token."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from cantata import __version__
from cantata.api.authentication import OPEN, needs
from cantata.api.errors import SEE_SCHEMA, RouteNotFound
from cantata.contract.server import HealthInfo, VersionInfo
from cantata.core.decide.authorise import Noun, Verb

AnyResponse = Response[Any]


@get("/healthz", opt=OPEN, tags=["server"])
async def health() -> HealthInfo:
    """Whether the server answers."""
    return HealthInfo(ok=True)


@get("/version", opt=OPEN, tags=["server"])
async def version() -> VersionInfo:
    """Which version of Cantata answers."""
    return VersionInfo(version=__version__)


def _refuse_pages(response: AnyResponse) -> AnyResponse:
    """The framework answers unknown paths beside the schema by a page of HTML; ours have one shape."""
    if response.media_type == MediaType.HTML:
        raise RouteNotFound("there is no such route", subject="route", hint=SEE_SCHEMA)
    return response


def openapi_config() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer", description="A token of `cantata token create`.")
    return OpenAPIConfig(
        title="Cantata",
        version=__version__,
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
        openapi_router=Router(
            "/api/v1",
            route_handlers=[],
            opt=needs(Verb.READ, Noun.SCHEMA),
            after_request=_refuse_pages,
            include_in_schema=False,
        ),
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    )
