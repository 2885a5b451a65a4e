"""Routes of drift."""

from __future__ import annotations

from typing import Any

from litestar import Request, Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.revert import revert
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, TheAnswers, ThePorts
from cantata.api.wire import operation_info
from cantata.contract.operations import DeployedInfo, RevertRequest
from cantata.core.decide.authorise import Noun, Verb


@post("/{name:str}/revert", opt=needs(Verb.OPERATE, Noun.APPLICATION), status_code=202)
async def revert_(
    request: Request[Any, Any, Any],
    ports: ThePorts,
    actor: TheActor,
    answers: TheAnswers,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[RevertRequest],
) -> DeployedInfo:
    """Take back what others changed, of all services or of those that are named, by an operation; none when
    nothing has drifted."""

    async def act() -> DeployedInfo:
        done = await revert(ports, actor, project, name, data.services, cause=data.cause)
        operation = operation_info(done.operation) if done.operation else None
        return DeployedInfo(changed=done.changed, operation=operation)

    return await answers.once(request, project, DeployedInfo, act)


router = Router("/applications", route_handlers=[revert_], tags=["application"])
