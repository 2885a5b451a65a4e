"""Routes of configs."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from cantata.actions.create_config import create_config
from cantata.actions.edit_config import edit_config
from cantata.actions.import_config import create_from
from cantata.actions.show_config import (
    delete_config,
    effective_config,
    list_configs,
    show_config,
)
from cantata.api.authentication import needs
from cantata.api.conditions import (
    Expected,
    TheActor,
    TheOnce,
    ThePage,
    ThePorts,
    page_info,
    tagged,
)
from cantata.api.errors import RequestInvalid
from cantata.api.pins import TheVersion, pinned_parent, version_of, wanted_parent
from cantata.api.wire import config_info, config_version_info, leaf_info
from cantata.contract.configs import ConfigDraft, ConfigEdit, ConfigInfo, ConfigVersionInfo, LeafInfo
from cantata.contract.pages import Page
from cantata.core.config import ImportKind
from cantata.core.decide.authorise import Noun, Verb

READ = needs(Verb.READ, Noun.CONFIG)


@get("/", opt=READ)
async def list_(
    ports: ThePorts,
    page: ThePage,
    project: FromPath[str],
    search: FromQuery[str] = "",
    key: FromQuery[str] = "",
    value: FromQuery[str] = "",
    label: Annotated[list[str] | None, QueryParameter(description="`key=value`, may be repeated.")] = None,
) -> Page[ConfigInfo]:
    """List configs by name: `search` is part of the name, `key` and `value` of one entry of the latest
    version. Values of secrets are not searched."""
    labels = dict(_label(text) for text in label or ())
    rows = await list_configs(ports, project, search=search, key=key, value=value, labels=labels, page=page)
    return page_info(rows, page, config_info, lambda row: row.name)


@post("/", opt=needs(Verb.CREATE, Noun.CONFIG))
async def create(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    data: JSONBody[ConfigDraft],
) -> ConfigVersionInfo:
    """Create a config with its first version."""

    async def act() -> ConfigVersionInfo:
        make = create_config
        if data.format != "yaml":
            make = partial(create_from, kind=ImportKind(data.format))
        version = await make(
            ports,
            actor,
            project,
            data.name,
            data.text,
            extends=await pinned_parent(ports, project, data.extends),
            message=data.message,
            labels=data.labels,
        )
        return config_version_info(data.name, version)

    return await once(ConfigVersionInfo, act)


@get("/{name:str}", opt=READ)
async def show(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], version: TheVersion = ""
) -> Response[ConfigVersionInfo]:
    """Show a version of a config, by number or tag, by default the latest. The ETag is its number."""
    found = await show_config(ports, project, name, version_of(version))
    return tagged(config_version_info(name, found), found.number)


@put("/{name:str}", opt=needs(Verb.EDIT, Noun.CONFIG))
async def edit(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ConfigEdit],
    expected: Expected,
) -> Response[ConfigVersionInfo]:
    """Save the next version of a config; equal content makes none. Honours If-Match."""
    extends = await wanted_parent(ports, project, data.extends)
    version = await edit_config(
        ports,
        actor,
        project,
        name,
        data.text,
        extends=extends,
        message=data.message,
        expected=expected,
    )
    return tagged(config_version_info(name, version), version.number)


@delete("/{name:str}", opt=needs(Verb.DELETE, Noun.CONFIG))
async def remove(ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]) -> None:
    """Delete a config that nobody uses."""
    await delete_config(ports, actor, project, name)


@get("/{name:str}/effective", opt=READ)
async def effective(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], version: TheVersion = ""
) -> Page[LeafInfo]:
    """List every entry of a config over its parents, with where it comes from and what it overrides; secrets
    are masked."""
    leaves = await effective_config(ports, project, name, version_of(version))
    return Page(tuple(leaf_info(leaf) for leaf in leaves))


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise RequestInvalid(f"the label {text[:80]!r} is not key=value", subject="label")
    return key, value


router = Router("/configs", route_handlers=[list_, create, show, edit, remove, effective], tags=["config"])
