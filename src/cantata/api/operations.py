"""Routes of operations."""

from __future__ import annotations

from collections.abc import Iterable

from litestar import Router, get, post
from litestar.params import FromPath, FromQuery

from cantata.actions.operations import cancel_operation, get_operation, list_operations
from cantata.actions.ports import Ports
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePage, ThePorts, page_info
from cantata.api.wire import operation_info
from cantata.contract.operations import OperationInfo
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.applications import Operation
from cantata.core.model.errors import ApplicationNotFound
from cantata.ports import Records

READ = needs(Verb.READ, Noun.OPERATION)


@get("/", opt=READ)
async def list_(
    ports: ThePorts, page: ThePage, project: FromPath[str], application: FromQuery[str] = ""
) -> Page[OperationInfo]:
    """List operations, newest first, of all applications or of one."""
    rows = await list_operations(ports, project, application=application, page=page)
    names = await _names(ports, rows)
    return page_info(
        rows, page, lambda row: operation_info(names[row.application_id], row), lambda row: row.id
    )


@get("/{id_:str}", opt=READ)
async def show(ports: ThePorts, project: FromPath[str], id_: FromPath[str]) -> OperationInfo:
    """Show an operation."""
    return await _wire(ports, await get_operation(ports, project, id_))


@post("/{id_:str}/cancel", opt=needs(Verb.OPERATE, Noun.OPERATION), status_code=202)
async def cancel(
    ports: ThePorts, actor: TheActor, project: FromPath[str], id_: FromPath[str]
) -> OperationInfo:
    """Cancel an operation. What it has done so far stays."""
    return await _wire(ports, await cancel_operation(ports, actor, project, id_))


async def _wire(ports: Ports, operation: Operation) -> OperationInfo:
    names = await _names(ports, [operation])
    return operation_info(names[operation.application_id], operation)


async def _names(ports: Ports, operations: Iterable[Operation]) -> dict[str, str]:
    """Application names by id. An operation outlives its application: then the id stands for the name."""
    ids = {operation.application_id for operation in operations}

    def name_of(records: Records, id_: str) -> str:
        try:
            return records.applications.by_id(id_).name
        except ApplicationNotFound:
            return id_

    return await ports.store.read(lambda records: {id_: name_of(records, id_) for id_ in ids})


router = Router("/operations", route_handlers=[list_, show, cancel], tags=["operation"])
