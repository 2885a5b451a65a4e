"""Routes of plans that are kept, and of the project's policy."""

from __future__ import annotations

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from cantata.actions.apply_plan import apply_plan
from cantata.actions.approve_plan import approve_plan, withdraw_approval
from cantata.actions.make_plan import make_plan, make_rollback_plan
from cantata.actions.project_policy import get_policy, set_policy
from cantata.actions.stored_plans import delete_plan, get_plan, list_plans
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, TheOnce, ThePage, ThePorts, page_info
from cantata.api.errors import RequestInvalid
from cantata.api.wire import operation_info, plan_info, stored_plan_info
from cantata.contract.operations import DeployedInfo
from cantata.contract.pages import Page
from cantata.contract.plans import ValueChangeInfo
from cantata.contract.stored_plans import (
    PlannedInfo,
    PlanRequest,
    PolicyEdit,
    PolicyInfo,
    ShownPlanInfo,
    StoredPlanInfo,
)
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.access import Role
from cantata.core.model.stored_plans import Policy
from cantata.core.order.scope import Scope

READ = needs(Verb.READ, Noun.PLAN)
APPROVE = needs(Verb.APPROVE, Noun.PLAN)


@get("/", opt=READ)
async def list_(
    ports: ThePorts, page: ThePage, project: FromPath[str], application: FromQuery[str] = ""
) -> Page[StoredPlanInfo]:
    """List stored plans, newest first, of all applications or of one."""
    rows = await list_plans(ports, project, application=application, page=page)
    return page_info(rows, page, stored_plan_info, lambda row: row.plan.id)


@post("/", opt=needs(Verb.CREATE, Noun.PLAN))
async def create(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    data: JSONBody[PlanRequest],
) -> PlannedInfo:
    """Store a plan of a deploy or of a rollback; none when nothing is to be done."""
    if data.revision is not None and not data.rollback:
        raise RequestInvalid("a `revision` is of a rollback", subject="body", hint="Set `rollback` to true.")
    if data.rollback and data.lift_holds:
        raise RequestInvalid("a rollback lifts no holds", subject="body", hint="Leave `liftHolds` out.")

    async def act() -> PlannedInfo:
        name, services = data.application, data.services
        scope = Scope(data.with_dependencies, data.with_dependents)
        if data.rollback:
            plan = await make_rollback_plan(
                ports, actor, project, name, services, scope, revision=data.revision, cause=data.cause
            )
        else:
            plan = await make_plan(
                ports,
                actor,
                project,
                name,
                services,
                scope,
                cause=data.cause,
                recreate=data.recreate,
                lift_holds=data.lift_holds,
            )
        if plan is None:
            return PlannedInfo(changed=False)
        return PlannedInfo(changed=True, plan=stored_plan_info(plan))

    return await once(PlannedInfo, act)


@get("/{id_:str}", opt=READ)
async def show(ports: ThePorts, project: FromPath[str], id_: FromPath[str]) -> ShownPlanInfo:
    """Show a stored plan with its diffs."""
    kept, shown = await get_plan(ports, project, id_)
    versions = msgspec.convert(shown.versions, tuple[ValueChangeInfo, ...], from_attributes=True)
    return ShownPlanInfo(stored_plan_info(kept), plan_info(shown.plan), versions)


@post("/{id_:str}/approval", opt=APPROVE, status_code=200)
async def approve(
    ports: ThePorts, actor: TheActor, project: FromPath[str], id_: FromPath[str]
) -> StoredPlanInfo:
    """Approve a plan of somebody else."""
    return stored_plan_info(await approve_plan(ports, actor, project, id_))


@delete("/{id_:str}/approval", opt=APPROVE, status_code=200)
async def withdraw(
    ports: ThePorts, actor: TheActor, project: FromPath[str], id_: FromPath[str]
) -> StoredPlanInfo:
    """Take one's approval of a plan back."""
    return stored_plan_info(await withdraw_approval(ports, actor, project, id_))


@post("/{id_:str}/apply", opt=needs(Verb.OPERATE, Noun.PLAN), status_code=202)
async def apply(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    id_: FromPath[str],
    queue: FromQuery[bool] = False,
) -> DeployedInfo:
    """Do exactly what a plan says, by an operation; refused when anything that it rests on has moved. With
    `queue` it waits for the operation under way instead of superseding it."""

    async def act() -> DeployedInfo:
        operation = await apply_plan(ports, actor, project, id_, queue=queue)
        return DeployedInfo(changed=True, operation=operation_info(operation))

    return await once(DeployedInfo, act)


@delete("/{id_:str}", opt=needs(Verb.DELETE, Noun.PLAN))
async def remove(ports: ThePorts, actor: TheActor, project: FromPath[str], id_: FromPath[str]) -> None:
    """Delete a stored plan. What it did stays."""
    await delete_plan(ports, actor, project, id_)


@get("/", opt=needs(Verb.READ, Noun.PROJECT))
async def policy(ports: ThePorts, project: FromPath[str]) -> PolicyInfo:
    """Show what the project demands of what changes its applications."""
    return _policy_info(await get_policy(ports, project))


@put("/", opt=needs(Verb.EDIT, Noun.PROJECT))
async def edit_policy(
    ports: ThePorts, actor: TheActor, project: FromPath[str], data: JSONBody[PolicyEdit]
) -> PolicyInfo:
    """Say what the project demands: a plan, its approval by another person."""
    wanted = Policy(data.plan_required, Role(data.approval) if data.approval else None)
    return _policy_info(await set_policy(ports, actor, project, wanted))


def _policy_info(policy: Policy) -> PolicyInfo:
    return PolicyInfo(policy.plan_required, policy.approval.value if policy.approval else None)


router = Router(
    "/plans",
    route_handlers=[list_, create, show, approve, withdraw, apply, remove],
    tags=["plan"],
)
policy_router = Router("/policy", route_handlers=[policy, edit_policy], tags=["project"])
