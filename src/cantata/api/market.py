"""Routes of the market: repositories, and what they list."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from cantata.actions.market_charts import search_market, show_chart
from cantata.actions.market_repositories import (
    RepositoryChanges,
    add_repository,
    edit_repository,
    get_repository,
    list_repositories,
    refresh_repository,
    remove_repository,
)
from cantata.api.authentication import needs
from cantata.api.conditions import Expected, TheActor, ThePage, ThePorts, page_info, tagged
from cantata.api.market_wire import chart_info, found_chart_info, repository_info
from cantata.contract.market import (
    ChartInfo,
    CredentialsDraft,
    FoundChartInfo,
    RepositoryDraft,
    RepositoryEdit,
    RepositoryInfo,
)
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.listings import FoundChart
from cantata.core.model.market import Credentials, Repository, RepositoryKind

READ = needs(Verb.READ, Noun.MARKET)
OPERATE = needs(Verb.OPERATE, Noun.MARKET)

Reference = Annotated[
    str, QueryParameter(description="`REPOSITORY/CHART`, or `oci://host/path/chart` with a tag or a digest.")
]
Words = Annotated[list[str] | None, QueryParameter(name="word", description="Every one must hit.")]


@get("/repositories", opt=READ)
async def list_(
    ports: ThePorts, page: ThePage, project: FromPath[str], search: FromQuery[str] = ""
) -> Page[RepositoryInfo]:
    """List repositories by name."""
    rows = await list_repositories(ports, project, search=search, page=page)
    return page_info(rows, page, repository_info, lambda row: row.repository.name)


@post("/repositories", opt=needs(Verb.CREATE, Noun.MARKET))
async def add(
    ports: ThePorts, actor: TheActor, project: FromPath[str], data: JSONBody[RepositoryDraft]
) -> RepositoryInfo:
    """Add a repository of charts. It must answer: what it lists is read at once."""
    wanted = Repository(
        id="",
        project=project,
        name=data.name,
        kind=RepositoryKind.HTTP,
        url=data.url,
        charts=data.charts,
        plain_http=data.plain_http,
        pass_credentials=data.pass_credentials,
        ca_text=data.ca_text,
    )
    return repository_info(await add_repository(ports, actor, wanted, _credentials(data.credentials)))


@get("/repositories/{name:str}", opt=READ)
async def show(ports: ThePorts, project: FromPath[str], name: FromPath[str]) -> Response[RepositoryInfo]:
    """Show a repository and how its last refresh went, without its credentials."""
    kept = await get_repository(ports, project, name)
    return tagged(repository_info(kept), kept.repository.row_version)


@put("/repositories/{name:str}", opt=needs(Verb.EDIT, Noun.MARKET))
async def edit(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[RepositoryEdit],
    expected: Expected,
) -> Response[RepositoryInfo]:
    """Change a repository or its credentials. It is refreshed in a moment. Honours If-Match."""
    given = {field: getattr(data, field) for field in RepositoryChanges.__struct_fields__}
    credentials = None if isinstance(data.credentials, msgspec.UnsetType) else _credentials(data.credentials)
    kept = await edit_repository(
        ports, actor, project, name, RepositoryChanges(**given), credentials=credentials, expected=expected
    )
    return tagged(repository_info(kept), kept.repository.row_version)


@delete("/repositories/{name:str}", opt=needs(Verb.DELETE, Noun.MARKET))
async def remove(ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]) -> None:
    """Remove a repository with what it lists. What was imported from it stays."""
    await remove_repository(ports, actor, project, name)


@post("/repositories/{name:str}/refresh", opt=OPERATE, status_code=200)
async def refresh(ports: ThePorts, project: FromPath[str], name: FromPath[str]) -> RepositoryInfo:
    """Read what a repository lists now."""
    return repository_info(await refresh_repository(ports, project, name))


@get("/charts", opt=READ)
async def search(
    ports: ThePorts,
    page: ThePage,
    project: FromPath[str],
    words: Words = None,
    repository: FromQuery[str] = "",
    versions: FromQuery[bool] = False,
) -> Page[FoundChartInfo]:
    """Search names, descriptions, keywords and maintainers of charts, the best first."""
    rows = await search_market(
        ports, project, words or [], repository=repository, versions=versions, page=page
    )
    came = int(page.after or 0)
    places = {id(row): came + number for number, row in enumerate(rows, start=1)}

    def place(row: FoundChart) -> int:
        return places[id(row)]

    return page_info(rows, page, found_chart_info, place)


@get("/chart", opt=READ)
async def show_one(
    ports: ThePorts, project: FromPath[str], reference: Reference, version: FromQuery[str] = ""
) -> ChartInfo:
    """Show a chart in full: a version, or the newest one of a range, by default the newest stable one."""
    return chart_info(await show_chart(ports, project, reference, version))


def _credentials(draft: CredentialsDraft) -> Credentials:
    return Credentials(draft.username, draft.password, draft.token)


router = Router(
    "/market",
    route_handlers=[list_, add, show, edit, remove, refresh, search, show_one],
    tags=["market"],
)
