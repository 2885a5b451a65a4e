"""Routes of configs."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from cantata.actions.create_config import create_config
from cantata.actions.edit_config import edit_config
from cantata.actions.import_config import imported_text
from cantata.actions.save_config import KEEP
from cantata.actions.show_config import (
    config_history,
    delete_config,
    effective_config,
    list_configs,
    show_config,
)
from cantata.api.authentication import needs
from cantata.api.conditions import (
    TheActor,
    TheAnswers,
    ThePage,
    ThePorts,
    expected_version,
    page_info,
    tagged,
)
from cantata.api.wire import config_info, config_version_info, extends_of, leaf_info
from cantata.contract.configs import ConfigDraft, ConfigEdit, ConfigInfo, ConfigVersionInfo, LeafInfo
from cantata.contract.pages import Page
from cantata.core.config import ImportKind
from cantata.core.decide.authorise import Noun, Verb

READ = needs(Verb.READ, Noun.CONFIG)


@get("/", opt=READ)
async def list_(
    ports: ThePorts, page: ThePage, project: FromPath[str], search: FromQuery[str] = ""
) -> Page[ConfigInfo]:
    """List configs by name."""
    rows = await list_configs(ports, project, search=search, page=page)
    return page_info(rows, page, config_info, lambda row: row.name)


@post("/", opt=needs(Verb.CREATE, Noun.CONFIG))
async def create(
    request: Request[Any, Any, Any],
    ports: ThePorts,
    actor: TheActor,
    answers: TheAnswers,
    project: FromPath[str],
    data: JSONBody[ConfigDraft],
) -> ConfigVersionInfo:
    """Create a config with its first version."""

    async def act() -> ConfigVersionInfo:
        text = data.text
        if data.format != "yaml":
            text = await imported_text(ImportKind(data.format), text, data.name)
        version = await create_config(
            ports,
            actor,
            project,
            data.name,
            text,
            extends=extends_of(data.extends),
            message=data.message,
        )
        return config_version_info(data.name, version)

    return await answers.once(request, project, ConfigVersionInfo, act)


@get("/{name:str}", opt=READ)
async def show(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], version: FromQuery[int | None] = None
) -> Response[ConfigVersionInfo]:
    """Show a version of a config, by default the latest. The ETag is its number."""
    found = await show_config(ports, project, name, version)
    return tagged(config_version_info(name, found), found.number)


@put("/{name:str}", opt=needs(Verb.EDIT, Noun.CONFIG))
async def edit(
    request: Request[Any, Any, Any],
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ConfigEdit],
) -> Response[ConfigVersionInfo]:
    """Save the next version of a config; equal content makes none. Honours If-Match."""
    extends = KEEP if isinstance(data.extends, msgspec.UnsetType) else extends_of(data.extends)
    version = await edit_config(
        ports,
        actor,
        project,
        name,
        data.text,
        extends=extends,
        message=data.message,
        expected=expected_version(request),
    )
    return tagged(config_version_info(name, version), version.number)


@delete("/{name:str}", opt=needs(Verb.DELETE, Noun.CONFIG))
async def remove(ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]) -> None:
    """Delete a config that nobody uses."""
    await delete_config(ports, actor, project, name)


@get("/{name:str}/versions", opt=READ)
async def history(
    ports: ThePorts, page: ThePage, project: FromPath[str], name: FromPath[str]
) -> Page[ConfigVersionInfo]:
    """List the versions of a config, newest first, without their texts."""
    rows = await config_history(ports, project, name, page)
    return page_info(
        rows, page, lambda row: config_version_info(name, row, text=False), lambda row: row.number
    )


@get("/{name:str}/effective", opt=READ)
async def effective(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], version: FromQuery[int | None] = None
) -> Page[LeafInfo]:
    """List every entry of a config over its parent, with where it comes from; secrets are masked."""
    leaves = await effective_config(ports, project, name, version)
    return Page(tuple(leaf_info(leaf) for leaf in leaves))


router = Router(
    "/configs", route_handlers=[list_, create, show, edit, remove, history, effective], tags=["config"]
)
