"""Routes that change a config otherwise than by its whole text."""

from __future__ import annotations

from collections.abc import Iterator

from litestar import Response, Router, patch, post
from litestar.params import FromPath, JSONBody

from cantata.actions.copy_config import copy_config
from cantata.actions.describe_config import describe_config
from cantata.actions.merge_config import MergedConfig, merge_config
from cantata.actions.rollback_config import rollback_config
from cantata.actions.set_config import set_config
from cantata.api.authentication import needs
from cantata.api.conditions import Expected, TheActor, TheOnce, ThePorts, tagged
from cantata.api.config_wire import key_change_info, value_info
from cantata.api.errors import RequestInvalid
from cantata.api.wire import config_info, config_version_info
from cantata.contract.config_edits import (
    ConfigRollbackRequest,
    ConflictInfo,
    CopyDraft,
    DescriptionEdit,
    KeyEdit,
    KeysEdit,
    MergedInfo,
    MergeRequest,
)
from cantata.contract.configs import ConfigInfo, ConfigVersionInfo
from cantata.core.config import SecretText
from cantata.core.decide.authorise import Noun, Verb
from cantata.errors import Place

EDIT = needs(Verb.EDIT, Noun.CONFIG)


@patch("/", opt=EDIT)
async def describe(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[DescriptionEdit],
) -> ConfigInfo:
    """Rename a config, or change its labels. Users and children follow, no version is made."""
    changed = await describe_config(ports, actor, project, name, new_name=data.name, labels=data.labels)
    return config_info(changed)


@post("/changes", opt=EDIT, status_code=200)
async def set_keys(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[KeysEdit],
    expected: Expected,
) -> Response[ConfigVersionInfo]:
    """Set and remove single keys: the next version, or the latest when nothing changes. Honours If-Match;
    without it the changes go onto what is the latest by then."""
    version = await set_config(
        ports,
        actor,
        project,
        name,
        dict(_changes(data)),
        message=data.message,
        expected=expected,
    )
    return tagged(config_version_info(name, version), version.number)


def _changes(data: KeysEdit) -> Iterator[tuple[str, str | SecretText | None]]:
    """Raises `RequestInvalid`, with the key as its place and no value."""
    seen: set[str] = set()
    for change in data.changes:
        given = [change.value is not None, change.secret is not None, change.remove]
        if given.count(True) != 1 or not change.key or change.key in seen:
            raise RequestInvalid(
                f"the key {change.key[:80]!r} must come once, with one of value, secret and remove",
                subject="changes",
                place=Place(key=change.key[:300]),
            )
        seen.add(change.key)
        yield change.key, _value(change)
    if not seen:
        raise RequestInvalid("there is no change", subject="changes", hint="Name a key and its value.")


def _value(change: KeyEdit) -> str | SecretText | None:
    return SecretText(change.secret) if change.secret is not None else change.value


@post("/merge", opt=needs(Verb.READ, Noun.CONFIG), status_code=200)
async def merge(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], data: JSONBody[MergeRequest]
) -> MergedInfo:
    """Merge a text that was made from an older version with what was saved since. Nothing is stored: save the
    result with If-Match."""
    return _merged_info(await merge_config(ports, project, name, data.base, data.text))


def _merged_info(merged: MergedConfig) -> MergedInfo:
    conflicts = (
        ConflictInfo(each.key, value_info(each.base), value_info(each.theirs), value_info(each.mine))
        for each in merged.conflicts
    )
    taken = tuple(map(key_change_info, merged.taken))
    return MergedInfo(merged.text, merged.against, taken, tuple(conflicts))


@post("/copy", opt=needs(Verb.CREATE, Noun.CONFIG))
async def copy(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[CopyDraft],
) -> ConfigVersionInfo:
    """Create a config with the text and the parent of a version of this one. Secrets are the same ones."""

    async def act() -> ConfigVersionInfo:
        version = await copy_config(
            ports,
            actor,
            project,
            name,
            data.name,
            version=data.version,
            message=data.message,
            labels=data.labels,
        )
        return config_version_info(data.name, version)

    return await once(ConfigVersionInfo, act)


@post("/rollback", opt=EDIT, status_code=200)
async def rollback(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ConfigRollbackRequest],
    expected: Expected,
) -> Response[ConfigVersionInfo]:
    """Bring the text and the parent of an older version back, as the next version. Honours If-Match."""
    version = await rollback_config(
        ports, actor, project, name, data.version, message=data.message, expected=expected
    )
    return tagged(config_version_info(name, version), version.number)


router = Router(
    "/configs/{name:str}", route_handlers=[describe, set_keys, merge, copy, rollback], tags=["config"]
)
