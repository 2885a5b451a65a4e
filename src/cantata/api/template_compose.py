"""The route that makes a template of a docker compose project."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import FromPath, FromQuery, JSONBody

from cantata.actions.import_compose import (
    ComposeProject,
    ReadProject,
    import_compose,
    read_project,
    sources_of,
)
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePorts
from cantata.api.wire import finding_info, template_version_info
from cantata.contract.compose import ComposeImportInfo, ComposeImportRequest, WantedPath
from cantata.contract.templates import ImportedInfo
from cantata.core.decide.authorise import Noun, Verb

BODY_BYTES = 16 * 1024 * 1024
"""A project is texts that fit ConfigMaps, and compose files."""


@post("/compose", opt=needs(Verb.CREATE, Noun.TEMPLATE), status_code=200, request_max_body_size=BODY_BYTES)
async def compose(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ComposeImportRequest],
    dry_run: FromQuery[bool] = False,
) -> ComposeImportInfo:
    """Import a docker compose project as the next version of a template. Answers what else must be sent;
    when nothing is wanted any more, the template is stored, unless it is a dry run."""
    found = await read_project(
        ports,
        name,
        ComposeProject(
            data.compose,
            sources_of(data.files, data.states),
            data.environment,
            data.env_files,
            data.profiles,
            data.allow_missing,
        ),
    )
    if found.translation is None or not found.complete:
        return _wanted(found)
    translation = found.translation
    imported = None
    if not dry_run:
        stored = await import_compose(
            ports, actor, project, name, translation, origin=" and ".join(data.compose)
        )
        imported = ImportedInfo(
            template_version_info(name, stored.version),
            stored.fresh,
            tuple(map(finding_info, stored.findings)),
        )
    return ComposeImportInfo(
        files=dict(translation.files),
        services=translation.services,
        findings=tuple(map(finding_info, translation.findings)),
        required=translation.required,
        config_text=translation.config_text,
        imported=imported,
    )


def _wanted(found: ReadProject) -> ComposeImportInfo:
    paths = found.translation.wanted if found.translation is not None else {}
    return ComposeImportInfo(
        wanted=(
            *(WantedPath(path) for path in found.reading.files),
            *(WantedPath(path, contents) for path, contents in paths.items()),
        ),
        variables=found.reading.variables,
    )


router = Router("/templates/{name:str}", route_handlers=[compose], tags=["template"])
