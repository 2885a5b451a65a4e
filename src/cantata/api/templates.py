"""Routes of templates."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Router, delete, get, post
from litestar.params import FromPath, FromQuery

from cantata.actions.import_template import import_template
from cantata.actions.market_sources import newer_versions, version_source
from cantata.actions.show_template import (
    delete_template,
    latest_versions,
    list_templates,
    show_template,
    template_history,
)
from cantata.actions.variables import template_variables
from cantata.api.authentication import needs
from cantata.api.conditions import Expected, TheActor, ThePage, ThePorts, page_info
from cantata.api.errors import RequestInvalid
from cantata.api.market_wire import chart_source_info
from cantata.api.pins import TheVersion, version_of
from cantata.api.variables import template_variables_info
from cantata.api.wire import finding_info, template_info, template_version_info
from cantata.contract.pages import Page
from cantata.contract.templates import ImportedInfo, TemplateInfo, TemplateVersionInfo
from cantata.contract.variables import TemplateVariablesInfo
from cantata.core.decide.authorise import Noun, Verb

READ = needs(Verb.READ, Noun.TEMPLATE)

ARCHIVE_BYTES = 20 * 1024 * 1024
"""How large a packed chart may be."""


@get("/", opt=READ)
async def list_(
    ports: ThePorts, page: ThePage, project: FromPath[str], search: FromQuery[str] = ""
) -> Page[TemplateInfo]:
    """List templates by name."""
    rows = await list_templates(ports, project, search=search, page=page)
    latest = await latest_versions(ports, rows)
    newer = await newer_versions(ports, project)
    return page_info(
        rows,
        page,
        lambda row: template_info(row, latest.get(row.id), newer.get(row.id, "")),
        lambda row: row.name,
    )


@get("/{name:str}", opt=READ)
async def show(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], version: TheVersion = ""
) -> TemplateVersionInfo:
    """Show a version of a template, by default the latest."""
    template, found = await show_template(ports, project, name, version_of(version))
    source = await version_source(ports, found)
    return msgspec.structs.replace(
        template_version_info(name, found),
        deprecated=template.deprecated,
        source=source and chart_source_info(*source),
    )


@get("/{name:str}/variables", opt=READ)
async def variables(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], version: TheVersion = ""
) -> TemplateVariablesInfo:
    """List the values that the templates of a version read, with the chart's own ones."""
    return template_variables_info(name, await template_variables(ports, project, name, version_of(version)))


@delete("/{name:str}", opt=needs(Verb.DELETE, Noun.TEMPLATE))
async def remove(ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]) -> None:
    """Delete a template that nobody uses."""
    await delete_template(ports, actor, project, name)


@get("/{name:str}/versions", opt=READ)
async def history(
    ports: ThePorts, page: ThePage, project: FromPath[str], name: FromPath[str]
) -> Page[TemplateVersionInfo]:
    """List the versions of a template, newest first, without their files."""
    rows = await template_history(ports, project, name, page)
    return page_info(
        rows, page, lambda row: template_version_info(name, row, content=False), lambda row: row.number
    )


@post("/{name:str}/versions", opt=needs(Verb.CREATE, Noun.TEMPLATE), request_max_body_size=ARCHIVE_BYTES)
async def import_(
    request: Request[Any, Any, Any],
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    expected: Expected,
    origin: FromQuery[str] = "",
    description: FromQuery[str] = "",
    strict: FromQuery[bool] = False,
) -> ImportedInfo:
    """Import a chart as the next version of a template. The body is the .tgz itself.

    Equal content makes no version. `origin` tells where the chart came from. Honours If-Match, whose ETag is
    the number of the latest version. With `strict`, other content under a semantic version that is there is
    refused.
    """
    archive = await request.body()
    if not archive:
        raise RequestInvalid(
            "the body is empty", subject=f"template {name}", hint="Send the chart's .tgz as the body."
        )
    imported = await import_template(
        ports,
        actor,
        project,
        name,
        archive,
        origin=origin,
        description=description,
        expected=expected,
        strict=strict,
    )
    return ImportedInfo(
        version=template_version_info(name, imported.version),
        fresh=imported.fresh,
        findings=tuple(map(finding_info, imported.findings)),
    )


router = Router(
    "/templates", route_handlers=[list_, show, variables, remove, history, import_], tags=["template"]
)
