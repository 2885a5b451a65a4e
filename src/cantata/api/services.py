"""Routes of services: of all applications, and one by itself."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from cantata.actions import edit_service as editing
from cantata.actions.adjust_service import Ask, adjust_services
from cantata.actions.list_services import ServiceFilter, ServiceRow, list_services
from cantata.actions.service_history import ServiceChange, service_history
from cantata.actions.show_service import ServiceDetails, show_service
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
from cantata.api.wire import (
    adjustments_info,
    application_info,
    deployed_info,
    finding_info,
    operation_info,
    service_version_info,
)
from cantata.contract.applications import ServiceStatusInfo
from cantata.contract.operations import DeployedInfo
from cantata.contract.pages import Page
from cantata.contract.plans import ObjectInfo
from cantata.contract.services import (
    AdjustRequest,
    EditedServiceInfo,
    ScaleRequest,
    ServiceEdit,
    ServiceInfo,
    ServiceObjectInfo,
    ServiceRevisionInfo,
    ServiceRowInfo,
)
from cantata.core.decide.authorise import Noun
from cantata.core.decide.authorise import Verb as Doing
from cantata.core.model.adjustments import Patch
from cantata.core.model.applications import Verb
from cantata.core.model.states import ServiceState
from cantata.core.order.scope import Scope

READ = needs(Doing.READ, Noun.APPLICATION)
OPERATE = needs(Doing.OPERATE, Noun.APPLICATION)


@get("/services", opt=READ)
async def list_(
    ports: ThePorts,
    page: ThePage,
    project: FromPath[str],
    application: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    image: FromQuery[str] = "",
    config: FromQuery[str] = "",
    search: FromQuery[str] = "",
    in_state: Annotated[ServiceState | None, QueryParameter(name="state")] = None,
) -> Page[ServiceRowInfo]:
    """List the services of all applications, by application and name. `image` is part of an image, `config`
    a config of the chain (`shop-dev`, `shop-dev@3`), `search` part of application, name, kind, image or
    config. A page may be short of those in another `state`."""
    wanted = ServiceFilter(application, kind, image, config, search, in_state)
    rows, after = await list_services(ports, project, wanted, page)
    return Page(tuple(map(_row_info, rows)), after)


@get("/applications/{name:str}/services/{service:str}", opt=READ)
async def show(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], service: FromPath[str]
) -> ServiceInfo:
    """Show one service: its state, what it runs, its overrides and adjustments, and its objects."""
    return _service_info(await show_service(ports, project, name, service))


@get("/applications/{name:str}/services/{service:str}/revisions", opt=READ)
async def history(
    ports: ThePorts, page: ThePage, project: FromPath[str], name: FromPath[str], service: FromPath[str]
) -> Page[ServiceRevisionInfo]:
    """List the revisions in which the service changed, newest first."""
    rows = await service_history(ports, project, name, service, page)
    return page_info(rows, page, _change_info, lambda row: row.revision.number)


@post("/applications/{name:str}/services/{service:str}/edit", opt=needs(Doing.EDIT, Noun.APPLICATION))
async def edit(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    service: FromPath[str],
    data: JSONBody[ServiceEdit],
    expected: Expected,
) -> Response[EditedServiceInfo]:
    """Change the overrides and patches of one service. Nothing is deployed yet. Honours If-Match."""
    if data.everywhere and data.here:
        raise RequestInvalid("`everywhere` and `here` contradict each other", subject="body")
    patches = None
    if data.patches is not None:
        patches = msgspec.convert(data.patches, tuple[Patch, ...], from_attributes=True)
    edited = await editing.edit_service(
        ports,
        actor,
        project,
        name,
        service,
        editing.ServiceEdit(
            text=data.text,
            values=data.values,
            patches=patches,
            everywhere=data.everywhere,
            here=data.here,
        ),
        expected=expected,
    )
    info = EditedServiceInfo(application_info(edited.application), tuple(map(finding_info, edited.findings)))
    return tagged(info, edited.application.row_version)


@post("/applications/{name:str}/services/scale", opt=OPERATE, status_code=202)
async def scale(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ScaleRequest],
) -> DeployedInfo:
    """Ask for a number of pods, or leave it to the template again, by an operation. It stays so."""

    async def act() -> DeployedInfo:
        ask = Ask(Verb.SCALE, data.services, replicas=data.replicas, cause=data.cause, queue=data.queue)
        return deployed_info(await adjust_services(ports, actor, project, name, ask))

    return await once(DeployedInfo, act)


def _asking(verb: Verb, words: str) -> Any:
    """The route that asks for one verb."""

    async def handler(
        ports: ThePorts,
        actor: TheActor,
        once: TheOnce,
        project: FromPath[str],
        name: FromPath[str],
        data: JSONBody[AdjustRequest],
    ) -> DeployedInfo:
        async def act() -> DeployedInfo:
            scope = Scope(data.with_dependencies, data.with_dependents)
            ask = Ask(verb, data.services, every=data.all, scope=scope, cause=data.cause, queue=data.queue)
            return deployed_info(await adjust_services(ports, actor, project, name, ask))

        if data.all and data.services:
            raise RequestInvalid(
                "`all` chooses the services itself", subject="body", hint="Name no `services`."
            )
        return await once(DeployedInfo, act)

    handler.__doc__ = words
    handler.__name__ = verb.value
    at = f"/applications/{{name:str}}/services/{verb.value}"
    return post(at, opt=OPERATE, status_code=202, operation_id=f"{verb.value}Services")(handler)


ASKING = [
    _asking(Verb.RESTART, "Replace the pods of services, by an operation."),
    _asking(Verb.PAUSE, "Take all pods of services away, by an operation. They stay away until `resume`."),
    _asking(Verb.RESUME, "Give services their pods back, by an operation."),
    _asking(
        Verb.UNDEPLOY,
        "Delete the objects of services, by an operation; claims stay. They stay away until somebody deploys "
        "them by name.",
    ),
]


def _row_info(row: ServiceRow) -> ServiceRowInfo:
    status = msgspec.convert(row.service, ServiceStatusInfo, from_attributes=True)
    return ServiceRowInfo(row.application.name, row.application.cluster, row.application.namespace, status)


def _service_info(found: ServiceDetails) -> ServiceInfo:
    return ServiceInfo(
        application=found.application,
        status=msgspec.convert(found.status, ServiceStatusInfo, from_attributes=True),
        version=service_version_info(found.version),
        overrides=found.overrides,
        adjustments=adjustments_info(found.adjustments),
        objects=tuple(
            ServiceObjectInfo(
                key=msgspec.convert(each.key, ObjectInfo, from_attributes=True),
                state=each.state.value if each.state is not None else None,
                message=each.message,
            )
            for each in found.objects
        ),
    )


def _change_info(change: ServiceChange) -> ServiceRevisionInfo:
    revision = change.revision
    return ServiceRevisionInfo(
        number=revision.number,
        state=revision.state.value,
        cause=revision.cause,
        author=revision.author,
        created_at=revision.created_at,
        changes=change.changes,
        version=service_version_info(change.version) if change.version is not None else None,
        operation=operation_info(change.operation) if change.operation is not None else None,
    )


router = Router(
    "/",
    route_handlers=[list_, show, history, edit, scale, *ASKING],
    tags=["service"],
)
