"""The two routes that anyone may ask, and the description of the API, which needs a token."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from cantata import __version__
from cantata.api.authentication import OPEN, needs
from cantata.contract.server import HealthInfo, VersionInfo
from cantata.core.decide.authorise import Noun, Verb


@get("/healthz", opt=OPEN, tags=["server"])
async def health() -> HealthInfo:
    """Whether the server answers."""
    return HealthInfo(ok=True)


@get("/version", opt=OPEN, tags=["server"])
async def version() -> VersionInfo:
    """Which version of Cantata answers."""
    return VersionInfo(version=__version__)


class Schema(Controller):
    """OpenAPI 3.1, for whoever holds a token."""

    path = "/api/v1"
    include_in_schema = False

    @get("/openapi.json", opt=needs(Verb.READ, Noun.SCHEMA))
    async def openapi(self, request: Request[Any, Any, Any]) -> dict[str, Any]:
        return request.app.openapi_schema.to_schema()


def openapi_config() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer", description="A token of `cantata token create`.")
    return OpenAPIConfig(
        title="Cantata",
        version=__version__,
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
        openapi_controller=Schema,
    )
