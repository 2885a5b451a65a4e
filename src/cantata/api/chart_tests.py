"""Routes of the tests that charts bring."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.run_tests import run_tests
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, TheOnce, ThePorts
from cantata.api.wire import operation_info
from cantata.contract.operations import OperationInfo, RunTestsRequest
from cantata.core.decide.authorise import Noun, Verb


@post("/{name:str}/test", opt=needs(Verb.OPERATE, Noun.APPLICATION), status_code=202)
async def test_(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[RunTestsRequest],
) -> OperationInfo:
    """Run the test hooks of what is deployed, all or those of the services that are named, by an
    operation."""

    async def act() -> OperationInfo:
        return operation_info(await run_tests(ports, actor, project, name, data.services, cause=data.cause))

    return await once(OperationInfo, act)


router = Router("/applications", route_handlers=[test_], tags=["application"])
