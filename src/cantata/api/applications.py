"""Routes of applications."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import ServerSentEvent

from cantata.actions.clone_application import clone_application
from cantata.actions.config_number import pin_number
from cantata.actions.create_application import create_application
from cantata.actions.deploy import deploy
from cantata.actions.edit_application import edit_application
from cantata.actions.follow import follow_application
from cantata.actions.history import revisions
from cantata.actions.ports import Ports
from cantata.actions.preview import preview
from cantata.actions.rollback import rollback
from cantata.actions.status import application_status, list_applications
from cantata.actions.template_number import template_number
from cantata.actions.update_outdated import update_outdated
from cantata.actions.variables import application_variables
from cantata.api.authentication import needs, refusal_of
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
from cantata.api.stream import LAST_ID, event_stream, last_event_id
from cantata.api.variables import application_variables_info
from cantata.api.wire import (
    application_draft,
    application_info,
    deployed_info,
    plan_info,
    revision_info,
    status_info,
)
from cantata.contract.applications import (
    ApplicationDraft,
    ApplicationInfo,
    ApplicationStatusInfo,
    CloneDraft,
    RevisionInfo,
)
from cantata.contract.operations import DeployedInfo, DeployRequest, RollbackRequest
from cantata.contract.pages import Page
from cantata.contract.plans import PlanInfo
from cantata.contract.variables import ApplicationVariablesInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model import applications as application_model
from cantata.core.model.states import ServiceState
from cantata.core.order.scope import Scope

READ = needs(Verb.READ, Noun.APPLICATION)
OPERATE = needs(Verb.OPERATE, Noun.APPLICATION)


@get("/", opt=READ)
async def list_(
    ports: ThePorts,
    page: ThePage,
    project: FromPath[str],
    search: FromQuery[str] = "",
    template: FromQuery[str] = "",
    config: FromQuery[str] = "",
    in_state: Annotated[ServiceState | None, QueryParameter(name="state")] = None,
) -> Page[ApplicationStatusInfo]:
    """List applications by name, each with its state. A page may be short of those in another `state`."""
    rows = await list_applications(ports, project, search=search, template=template, config=config, page=page)
    shown = page_info(rows, page, status_info, lambda row: row.application.name)
    return Page(tuple(item for item in shown.items if in_state in (None, item.state)), shown.next)


@post("/", opt=needs(Verb.CREATE, Noun.APPLICATION))
async def create(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    data: JSONBody[ApplicationDraft],
) -> ApplicationInfo:
    """Create an application. Nothing is deployed yet."""

    async def act() -> ApplicationInfo:
        draft = await _pinned(ports, project, data)
        return application_info(await create_application(ports, actor, project, draft))

    return await once(ApplicationInfo, act)


@post("/{name:str}/clone", opt=needs(Verb.CREATE, Noun.APPLICATION))
async def clone(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[CloneDraft],
) -> ApplicationInfo:
    """Create an application like this one, with another config or in another place. Nothing is deployed
    yet."""

    async def act() -> ApplicationInfo:
        number = await pin_number(ports, project, data.config, data.config_version) if data.config else None
        pinned = msgspec.structs.replace(data, config_version=number)
        wanted = msgspec.convert(pinned, application_model.CloneDraft, from_attributes=True)
        return application_info(await clone_application(ports, actor, project, name, wanted))

    return await once(ApplicationInfo, act)


async def _pinned(ports: Ports, project: str, data: ApplicationDraft) -> application_model.ApplicationDraft:
    template = await template_number(ports, project, data.template, data.template_version)
    config = await pin_number(ports, project, data.config, data.config_version)
    return application_draft(data, template, config)


@get("/{name:str}", opt=READ)
async def show(ports: ThePorts, project: FromPath[str], name: FromPath[str]) -> Response[ApplicationInfo]:
    """Show what was said of an application. The ETag is its row version."""
    found = await ports.store.read(lambda records: records.applications.get(project, name))
    return tagged(application_info(found), found.row_version)


@put("/{name:str}", opt=needs(Verb.EDIT, Noun.APPLICATION))
async def edit(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ApplicationDraft],
    expected: Expected,
) -> Response[ApplicationInfo]:
    """Say anew what an application is made of. Nothing is deployed yet. Honours If-Match."""
    draft = await _pinned(ports, project, data)
    edited = await edit_application(ports, actor, project, name, draft, expected=expected)
    return tagged(application_info(edited), edited.row_version)


@get("/{name:str}/status", opt=READ)
async def status(ports: ThePorts, project: FromPath[str], name: FromPath[str]) -> ApplicationStatusInfo:
    """Show the live state of an application, service by service."""
    return status_info(await application_status(ports, project, name))


@get("/{name:str}/plan", opt=READ)
async def plan(
    ports: ThePorts,
    project: FromPath[str],
    name: FromPath[str],
    service: FromQuery[list[str] | None] = None,
    dependencies: Annotated[bool, QueryParameter(name="withDependencies")] = False,
    dependents: Annotated[bool, QueryParameter(name="withDependents")] = False,
) -> PlanInfo:
    """Show what a deploy would do, of all services or of those that are named."""
    scope = Scope(dependencies, dependents)
    return plan_info(await preview(ports, project, name, tuple(service or ()), scope))


@get("/{name:str}/variables", opt=READ)
async def variables(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], service: FromQuery[str | None] = None
) -> ApplicationVariablesInfo:
    """List the values that each service reads, or the one that is named, with what they are now."""
    return application_variables_info(name, await application_variables(ports, project, name, service))


@post("/{name:str}/deploy", opt=OPERATE, status_code=202)
async def deploy_(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[DeployRequest],
) -> DeployedInfo:
    """Deploy all services, or those that are named, by an operation; none when nothing changed."""
    if data.outdated and data.services:
        raise RequestInvalid(
            "`outdated` chooses the services itself",
            subject="body",
            hint="Name no `services`.",
        )

    async def act() -> DeployedInfo:
        if data.outdated:
            updated = update_outdated(
                ports,
                actor,
                project,
                name,
                cause=data.cause,
                queue=data.queue,
                recreate=data.recreate,
                lift_holds=data.lift_holds,
            )
            return deployed_info(await updated)
        scope = Scope(data.with_dependencies, data.with_dependents)
        return deployed_info(
            await deploy(
                ports,
                actor,
                project,
                name,
                data.services,
                scope=scope,
                cause=data.cause,
                queue=data.queue,
                recreate=data.recreate,
                lift_holds=data.lift_holds,
            )
        )

    return await once(DeployedInfo, act)


@post("/{name:str}/rollback", opt=OPERATE, status_code=202)
async def rollback_(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[RollbackRequest],
) -> DeployedInfo:
    """Deploy an older revision again, of all services or of those that are named."""

    async def act() -> DeployedInfo:
        return deployed_info(
            await rollback(
                ports,
                actor,
                project,
                name,
                revision=data.revision,
                services=data.services,
                scope=Scope(data.with_dependencies, data.with_dependents),
                cause=data.cause,
                queue=data.queue,
            ),
        )

    return await once(DeployedInfo, act)


@get("/{name:str}/revisions", opt=READ)
async def history(
    ports: ThePorts, page: ThePage, project: FromPath[str], name: FromPath[str]
) -> Page[RevisionInfo]:
    """List the revisions of an application, newest first."""
    rows = await revisions(ports, project, name, page)
    return page_info(rows, page, revision_info, lambda row: row.number)


@get("/{name:str}/events", opt=READ)
async def events(
    request: Request[Any, Any, Any],
    ports: ThePorts,
    project: FromPath[str],
    name: FromPath[str],
    since: Annotated[int, QueryParameter(ge=0, lt=LAST_ID)] = 0,
) -> ServerSentEvent:
    """Follow the events of an application as server-sent events; Last-Event-ID resumes. Their ids are those
    of the project. The stream ends with the application."""
    start = last_event_id(request, since)
    # The stream raises only once it is read, when it is too late for an error answer.
    await ports.store.read(lambda records: records.applications.get(project, name))
    return event_stream(follow_application(ports, project, name, start), refusal_of(request))


router = Router(
    "/applications",
    route_handlers=[
        list_,
        create,
        clone,
        show,
        edit,
        status,
        plan,
        variables,
        deploy_,
        rollback_,
        history,
        events,
    ],
    tags=["application"],
)
