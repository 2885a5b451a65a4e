"""Routes of drift."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.revert import revert
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, TheOnce, ThePorts
from cantata.api.wire import operation_info
from cantata.contract.operations import DeployedInfo, RevertRequest
from cantata.core.decide.authorise import Noun, Verb


@post("/{name:str}/revert", opt=needs(Verb.OPERATE, Noun.APPLICATION), status_code=202)
async def revert_(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
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

    return await once(DeployedInfo, act)


router = Router("/applications", route_handlers=[revert_], tags=["application"])
