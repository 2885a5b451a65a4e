"""Routes of declarative files."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from cantata.actions.apply_declarations import apply_declarations, missing_files
from cantata.actions.export_applications import export_applications
from cantata.actions.export_configs import export_configs, reveal_export
from cantata.actions.export_templates import export_templates
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, TheOnce, ThePage, ThePorts, page_info
from cantata.api.config_wire import key_change_info
from cantata.contract.declarations import (
    AppliedInfo,
    ApplyInfo,
    ApplyRequest,
    DeclaredFileDraft,
    ExportedInfo,
    FileReferenceInfo,
    ReferencesRequest,
)
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.declaration import Applied, SourceFile, parse_selector

APPLY_BYTES = 64 * 1024 * 1024
"""How large a body may be that has charts."""


@post("/", opt=needs(Verb.EDIT, Noun.CONFIG), status_code=200, request_max_body_size=APPLY_BYTES)
async def apply(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    data: JSONBody[ApplyRequest],
) -> ApplyInfo:
    """Make the project hold what these files say: all of it, or nothing."""
    prune = None if data.prune is None else parse_selector(data.prune)

    async def act() -> ApplyInfo:
        charts = [SourceFile(each.name, "", each.archive) for each in data.charts]
        files = [*_files(data.files), *charts]
        applied = await apply_declarations(ports, actor, project, files, dry_run=data.dry_run, prune=prune)
        return ApplyInfo(data.dry_run, tuple(map(_applied_info, applied)))

    return await once(ApplyInfo, act)


@post("/references", opt=needs(Verb.READ, Noun.CONFIG), status_code=200)
async def references(ports: ThePorts, data: JSONBody[ReferencesRequest]) -> Page[FileReferenceInfo]:
    """List the files that documents in these files name and that are not among them."""
    missing = await missing_files(ports, _files(data.files))
    return Page(tuple(FileReferenceInfo(each.file, each.path, each.name, each.chart) for each in missing))


@get("/", opt=needs(Verb.READ, Noun.CONFIG))
async def export(
    ports: ThePorts,
    page: ThePage,
    project: FromPath[str],
    name: Annotated[list[str] | None, QueryParameter(description="Only these.")] = None,
    selector: Annotated[
        str | None, QueryParameter(description="Only those with these labels: `app=shop`.")
    ] = None,
) -> Page[ExportedInfo]:
    """List configs as declarative documents, by name. Secrets stand in them as references."""
    labels = None if selector is None else parse_selector(selector)
    rows = await export_configs(ports, project, names=name or (), labels=labels, page=page)
    return page_info(rows, page, lambda row: ExportedInfo("Config", row[0], row[1]), lambda row: row[0])


@post("/{name:str}/reveal", opt=needs(Verb.REVEAL, Noun.CONFIG), status_code=200)
async def reveal(
    ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]
) -> Response[ExportedInfo]:
    """Show a config as a declarative document with its secrets in clear. The audit keeps who asked."""
    told = ExportedInfo("Config", name, await reveal_export(ports, actor, project, name))
    return Response(told, headers={"Cache-Control": "no-store"})


@get("/", opt=needs(Verb.READ, Noun.APPLICATION))
async def export_apps(
    ports: ThePorts,
    page: ThePage,
    project: FromPath[str],
    name: Annotated[list[str] | None, QueryParameter(description="Only these.")] = None,
) -> Page[ExportedInfo]:
    """List applications as declarative documents, by name."""
    rows = await export_applications(ports, project, names=name or (), page=page)
    return page_info(rows, page, lambda row: ExportedInfo("Application", row[0], row[1]), lambda row: row[0])


@get("/", opt=needs(Verb.READ, Noun.TEMPLATE))
async def export_charts(
    ports: ThePorts,
    page: ThePage,
    project: FromPath[str],
    name: Annotated[list[str] | None, QueryParameter(description="Only these.")] = None,
) -> Page[ExportedInfo]:
    """List templates as declarative documents, by name. Each names its chart as NAME.tgz beside it."""
    rows = await export_templates(ports, project, names=name or (), page=page)
    return page_info(rows, page, lambda row: ExportedInfo("Template", row[0], row[1]), lambda row: row[0])


def _files(drafts: tuple[DeclaredFileDraft, ...]) -> list[SourceFile]:
    return [SourceFile(draft.name, draft.text) for draft in drafts]


def _applied_info(applied: Applied) -> AppliedInfo:
    return AppliedInfo(
        kind=applied.kind,
        name=applied.name,
        outcome=applied.outcome.value,
        version=applied.version,
        fields=applied.fields,
        changes=tuple(map(key_change_info, applied.changes)),
    )


router = Router("/apply", route_handlers=[apply, references], tags=["declarative files"])
export_router = Router(
    "/export",
    route_handlers=[
        Router("/configs", route_handlers=[export, reveal]),
        Router("/applications", route_handlers=[export_apps]),
        Router("/templates", route_handlers=[export_charts]),
    ],
    tags=["declarative files"],
)
