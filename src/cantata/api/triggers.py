"""Routes of triggers and of their calls."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from cantata.actions.triggers import (
    Changes,
    create_trigger,
    delete_trigger,
    edit_trigger,
    get_trigger,
    list_calls,
    list_triggers,
    retry_call,
    rotate_secret,
    show_call,
)
from cantata.actions.try_trigger import Trial, try_trigger
from cantata.api.authentication import needs
from cantata.api.conditions import Expected, TheActor, ThePage, ThePorts, page_info, tagged
from cantata.api.hooks import BODY_BYTES, path_of
from cantata.api.impact import impact_info
from cantata.contract.pages import Page
from cantata.contract.rotation import RotateRequest
from cantata.contract.triggers import (
    CallContentInfo,
    NewSecretInfo,
    TrialInfo,
    TriedKeyInfo,
    TriggerCallInfo,
    TriggerDraft,
    TriggerEdit,
    TriggerInfo,
)
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.triggers import Trigger, TriggerCall

READ = needs(Verb.READ, Noun.TRIGGER)


@get("/", opt=READ)
async def list_(
    ports: ThePorts,
    page: ThePage,
    project: FromPath[str],
    search: FromQuery[str] = "",
    config: FromQuery[str] = "",
) -> Page[TriggerInfo]:
    """List triggers by name, of one config or of all."""
    rows = await list_triggers(ports, project, search=search, config=config, page=page)
    return page_info(rows, page, _trigger_info, lambda row: row.name)


@post("/", opt=needs(Verb.CREATE, Noun.TRIGGER))
async def create(
    ports: ThePorts, actor: TheActor, project: FromPath[str], data: JSONBody[TriggerDraft]
) -> NewSecretInfo:
    """Create a trigger. Its secret is in this answer and nowhere else."""
    given = {**msgspec.to_builtins(data), "id": "", "project": project}
    secret, trigger = await create_trigger(ports, actor, msgspec.convert(given, Trigger))
    return NewSecretInfo(secret, _trigger_info(trigger))


@get("/{name:str}", opt=READ)
async def show(ports: ThePorts, project: FromPath[str], name: FromPath[str]) -> Response[TriggerInfo]:
    """Show a trigger, without its secret."""
    trigger = await get_trigger(ports, project, name)
    return tagged(_trigger_info(trigger), trigger.row_version)


@put("/{name:str}", opt=needs(Verb.EDIT, Noun.TRIGGER))
async def edit(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[TriggerEdit],
    expected: Expected,
) -> Response[TriggerInfo]:
    """Change a trigger: its config, rules, sources, and whether it takes calls. Honours If-Match."""
    changes = msgspec.convert(msgspec.to_builtins(data), Changes)
    trigger = await edit_trigger(ports, actor, project, name, changes, expected=expected)
    return tagged(_trigger_info(trigger), trigger.row_version)


@delete("/{name:str}", opt=needs(Verb.DELETE, Noun.TRIGGER))
async def remove(ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]) -> None:
    """Delete a trigger with its calls, also those that wait."""
    await delete_trigger(ports, actor, project, name)


@post("/{name:str}/secret", opt=needs(Verb.EDIT, Noun.TRIGGER))
async def rotate(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[RotateRequest],
) -> NewSecretInfo:
    """Make a new secret. It is in this answer and nowhere else."""
    secret, trigger = await rotate_secret(ports, actor, project, name, at_once=data.at_once)
    return NewSecretInfo(secret, _trigger_info(trigger))


@post("/{name:str}/test", opt=READ, status_code=200, request_max_body_size=BODY_BYTES)
async def try_out(
    request: Request[Any, Any, Any], ports: ThePorts, project: FromPath[str], name: FromPath[str]
) -> TrialInfo:
    """Tell what a payload, the body of this request, would do. Nothing is stored."""
    return _trial_info(await try_trigger(ports, project, name, await request.body()))


@get("/{name:str}/calls", opt=READ)
async def calls(
    ports: ThePorts, page: ThePage, project: FromPath[str], name: FromPath[str]
) -> Page[TriggerCallInfo]:
    """List the calls that came, newest first, without what they brought."""
    rows = await list_calls(ports, project, name, page)
    return page_info(rows, page, _call_info, lambda row: row.id)


@get("/{name:str}/calls/{call:str}", opt=needs(Verb.OPERATE, Noun.TRIGGER))
async def show_content(
    ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str], call: FromPath[str]
) -> CallContentInfo:
    """Show a call with its payload, which may hold secrets; that is left in the audit list."""
    found, payload = await show_call(ports, actor, project, name, call)
    return CallContentInfo(_call_info(found), payload.decode())


@post("/{name:str}/calls/{call:str}/retry", opt=needs(Verb.OPERATE, Noun.TRIGGER), status_code=202)
async def retry(
    ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str], call: FromPath[str]
) -> TriggerCallInfo:
    """Work a call off again that failed, after what was in its way has been corrected."""
    return _call_info(await retry_call(ports, actor, project, name, call))


def _trigger_info(trigger: Trigger) -> TriggerInfo:
    return msgspec.convert({**msgspec.to_builtins(trigger), "path": path_of(trigger.id)}, TriggerInfo)


def _call_info(call: TriggerCall) -> TriggerCallInfo:
    return msgspec.convert(msgspec.to_builtins(call), TriggerCallInfo)


def _trial_info(trial: Trial) -> TrialInfo:
    keys = tuple(TriedKeyInfo(each.key, each.old, each.new, each.changes) for each in trial.keys)
    told = impact_info(trial.impact) if trial.impact else None
    return TrialInfo(trial.config, trial.cause, keys, trial.diff, told)


router = Router(
    "/triggers",
    route_handlers=[list_, create, show, edit, remove, rotate, try_out, calls, show_content, retry],
    tags=["trigger"],
)
