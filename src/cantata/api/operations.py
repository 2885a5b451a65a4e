"""Routes of operations."""

from __future__ import annotations

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery

from cantata.actions.operations import Shown, cancel_operation, get_operation, list_operations
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePage, ThePorts, page_info
from cantata.api.wire import operation_info
from cantata.contract.operations import CriticalPathInfo, OperationInfo
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb

READ = needs(Verb.READ, Noun.OPERATION)


@get("/", opt=READ)
async def list_(
    ports: ThePorts, page: ThePage, project: FromPath[str], application: FromQuery[str] = ""
) -> Page[OperationInfo]:
    """List operations, newest first, of all applications or of one."""
    rows = await list_operations(ports, project, application=application, page=page)
    return page_info(rows, page, _shown, lambda row: row.operation.id)


@get("/{id_:str}", opt=READ)
async def show(ports: ThePorts, project: FromPath[str], id_: FromPath[str]) -> OperationInfo:
    """Show an operation."""
    return _shown(await get_operation(ports, project, id_))


@post("/{id_:str}/cancel", opt=needs(Verb.OPERATE, Noun.OPERATION), status_code=202)
async def cancel(
    ports: ThePorts, actor: TheActor, project: FromPath[str], id_: FromPath[str]
) -> OperationInfo:
    """Cancel an operation. What it has done so far stays."""
    return operation_info(await cancel_operation(ports, actor, project, id_))


def _shown(shown: Shown) -> OperationInfo:
    path = msgspec.convert(shown.path, CriticalPathInfo, from_attributes=True) if shown.path else None
    told = operation_info(shown.operation)
    return msgspec.structs.replace(told, position=shown.position, critical_path=path)


router = Router("/operations", route_handlers=[list_, show, cancel], tags=["operation"])
