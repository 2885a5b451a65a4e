"""Routes of the history of configs, and of what differs between them."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, put
from litestar.params import FromPath, JSONBody, QueryParameter

from cantata.actions.compare_configs import Column, compare, diff_version_texts, diff_versions
from cantata.actions.config_history import blame_config, config_history
from cantata.actions.config_tree import config_tree
from cantata.actions.tag_config import list_tags, tag_config, untag_config
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePage, ThePorts, page_info
from cantata.api.config_wire import blame_info, comparison_info, key_change_info, tag_info, tree_info
from cantata.api.pins import TheVersion, version_of
from cantata.api.wire import config_version_info
from cantata.contract.config_edits import TagDraft
from cantata.contract.config_history import (
    BlameInfo,
    ComparisonInfo,
    ConfigDiffInfo,
    ConfigTreeInfo,
    TagInfo,
    TextDiffInfo,
)
from cantata.contract.configs import ConfigVersionInfo
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb

READ = needs(Verb.READ, Noun.CONFIG)
EDIT = needs(Verb.EDIT, Noun.CONFIG)

Old = Annotated[str, QueryParameter(name="from", description="A version, by number or tag.")]
New = Annotated[str, QueryParameter(name="to", description="Another one; by default the latest.")]


@get("/versions", opt=READ)
async def history(
    ports: ThePorts, page: ThePage, project: FromPath[str], name: FromPath[str]
) -> Page[ConfigVersionInfo]:
    """List the versions of a config, newest first, without their texts."""
    rows = await config_history(ports, project, name, page)
    return page_info(
        rows,
        page,
        lambda row: config_version_info(name, row.version, tags=row.tags),
        lambda row: row.version.number,
    )


@get("/diff", opt=READ)
async def diff(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], old: Old, new: New = ""
) -> ConfigDiffInfo:
    """List the keys that differ between two versions. Of secrets only that they have changed is told."""
    before, after, found = await diff_versions(ports, project, name, version_of(old), version_of(new))
    changes = tuple(map(key_change_info, found.changes))
    return ConfigDiffInfo(name, before.number, after.number, changes, found.unchanged)


@get("/diff/text", opt=READ)
async def diff_text(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], old: Old, new: New = ""
) -> TextDiffInfo:
    """Compare the texts of two versions line by line. Secrets stand in them as references."""
    versions = version_of(old), version_of(new)
    before, after, text = await diff_version_texts(ports, project, name, *versions)
    return TextDiffInfo(name, before.number, after.number, text)


@get("/blame", opt=READ)
async def blame(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], version: TheVersion = ""
) -> Page[BlameInfo]:
    """List the keys of a version, each with the version that last set it."""
    rows = await blame_config(ports, project, name, version_of(version))
    return Page(tuple(map(blame_info, rows)))


@get("/tree", opt=READ)
async def tree(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], version: TheVersion = ""
) -> ConfigTreeInfo:
    """Show what a config extends, and which configs and applications use it."""
    return tree_info(await config_tree(ports, project, name, version_of(version)))


@get("/compare", opt=READ)
async def compare_effective(
    ports: ThePorts,
    project: FromPath[str],
    name: FromPath[str],
    other: Annotated[list[str], QueryParameter(description="`NAME` or `NAME@VERSION`, may be repeated.")],
    version: TheVersion = "",
    all_keys: Annotated[bool, QueryParameter(name="all", description="Equal keys too.")] = False,
) -> ComparisonInfo:
    """Compare the effective documents of configs, or of versions of one: a row for each key that differs."""
    columns: list[Column] = [(name, version_of(version)), *map(_column, other)]
    return comparison_info(await compare(ports, project, columns, all_rows=all_keys))


def _column(text: str) -> Column:
    name, _, version = text.partition("@")
    return name, version_of(version)


@get("/tags", opt=READ)
async def tags(ports: ThePorts, project: FromPath[str], name: FromPath[str]) -> Page[TagInfo]:
    """List the tags of a config by name."""
    return Page(tuple(map(tag_info, await list_tags(ports, project, name))))


@put("/tags/{tag:str}", opt=EDIT)
async def tag_version(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    tag: FromPath[str],
    data: JSONBody[TagDraft],
) -> TagInfo:
    """Give a version a tag. A tag that is there is not moved: take it away first."""
    return tag_info(await tag_config(ports, actor, project, name, tag, data.version))


@delete("/tags/{tag:str}", opt=EDIT)
async def untag_version(
    ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str], tag: FromPath[str]
) -> None:
    """Take a tag away. The version stays."""
    await untag_config(ports, actor, project, name, tag)


router = Router(
    "/configs/{name:str}",
    route_handlers=[
        history,
        diff,
        diff_text,
        blame,
        tree,
        compare_effective,
        tags,
        tag_version,
        untag_version,
    ],
    tags=["config"],
)
