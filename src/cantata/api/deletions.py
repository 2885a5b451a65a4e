"""Routes of an application's end: what a delete would do, the delete, and forgetting."""

from __future__ import annotations

from typing import Annotated, get_args

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from cantata.actions.delete_application import delete_application
from cantata.actions.deletion import show_deletion
from cantata.actions.forget_application import forget_application
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, TheOnce, ThePorts
from cantata.api.errors import RequestInvalid
from cantata.api.wire import operation_info
from cantata.contract import states
from cantata.contract.deletions import (
    DeletePlanInfo,
    ForgetRequest,
    ForgottenInfo,
    GoingInfo,
    HolderInfo,
    StayingInfo,
)
from cantata.contract.operations import OperationInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.deletions import Also, DeletePlan

With = Annotated[list[str] | None, QueryParameter(name="with")]


@get("/{name:str}/deletion", opt=needs(Verb.READ, Noun.APPLICATION))
async def show(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], also: With = None
) -> DeletePlanInfo:
    """Show what a delete would do: which objects go and stay, which data are lost. `with` names what goes
    along: claims, namespace. Nothing is changed."""
    return _plan_info(await show_deletion(ports, project, name, _also(also)))


@delete("/{name:str}", opt=needs(Verb.DELETE, Noun.APPLICATION), status_code=202)
async def remove(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    also: With = None,
) -> OperationInfo:
    """Delete an application and everything that it deployed, by an operation. Claims and the namespace stay
    unless `with` names them."""
    taken = _also(also)

    async def act() -> OperationInfo:
        return operation_info(await delete_application(ports, actor, project, name, taken))

    return await once(OperationInfo, act)


@post("/{name:str}/forget", opt=needs(Verb.DELETE, Noun.APPLICATION), status_code=200)
async def forget(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ForgetRequest],
) -> ForgottenInfo:
    """Forget an application whose cluster does not answer. The objects that may be left there are in this
    answer and in the audit list."""
    forgotten = await forget_application(ports, actor, project, name, data.confirm)
    application = forgotten.application
    return ForgottenInfo(name, application.cluster, application.namespace, tuple(map(str, forgotten.orphans)))


def _also(words: list[str] | None) -> tuple[Also, ...]:
    known = get_args(states.Also)
    for word in words or ():
        if word not in known:
            raise RequestInvalid(
                f"{word[:40]!r} does not go with an application",
                subject="with",
                hint=f"{', '.join(known)} do.",
            )
    return tuple(map(Also, words or ()))


def _plan_info(plan: DeletePlan) -> DeletePlanInfo:
    going = tuple(
        GoingInfo(
            str(each.key),
            each.service,
            each.loses,
            tuple(HolderInfo(holder.finalizer, holder.owner) for holder in each.holders),
        )
        for each in plan.going
    )
    staying = tuple(StayingInfo(str(each.key), each.service, each.why) for each in plan.staying)
    return DeletePlanInfo(
        plan.application, plan.counts, going, staying, plan.namespace, plan.takes_namespace, plan.trouble
    )


router = Router("/applications", route_handlers=[show, remove, forget], tags=["application"])
