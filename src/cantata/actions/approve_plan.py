"""Approve a plan of somebody else, or take that back; and whether a plan is approved."""

from __future__ import annotations

from cantata.actions.audit import audit, now
from cantata.actions.ports import Ports
from cantata.core.decide.authorise import Forbidden
from cantata.core.model.access import Actor, Role
from cantata.core.model.errors import PlanEnded
from cantata.core.model.stored_plans import Approval, KeptPlan, PlanState, Policy, StoredPlan
from cantata.errors import CantataError, Category
from cantata.ports import Records


class OwnPlan(CantataError):
    """Nobody approves their own plan."""

    category = Category.FORBIDDEN


class PlanNotApproved(CantataError):
    """The project demands the approval of somebody else, and there is none yet."""

    category = Category.CONFLICT


async def approve_plan(ports: Ports, actor: Actor, project: str, id_: str) -> KeptPlan:
    """Raises `PlanNotFound`, `PlanEnded`, `OwnPlan`, `Forbidden`."""

    def write(records: Records) -> KeptPlan:
        plan, policy = records.plans.get(project, id_), records.policies.get(project)
        refuse_ended(plan)
        _check(actor, plan, policy)
        others = [each for each in plan.approvals if each.by != actor.name]
        approved = records.plans.approve(plan, [*others, Approval(actor.name, actor.role, now())])
        audit(records, actor, project, "approve", "plan", id_, plan.application)
        return KeptPlan(approved, policy)

    return await ports.store.write(write)


async def withdraw_approval(ports: Ports, actor: Actor, project: str, id_: str) -> KeptPlan:
    """One's own. Raises `PlanNotFound`, `PlanEnded`."""

    def write(records: Records) -> KeptPlan:
        plan, policy = records.plans.get(project, id_), records.policies.get(project)
        refuse_ended(plan)
        left = [each for each in plan.approvals if each.by != actor.name]
        audit(records, actor, project, "withdraw approval", "plan", id_, plan.application)
        return KeptPlan(records.plans.approve(plan, left), policy)

    return await ports.store.write(write)


def refuse_ended(plan: StoredPlan) -> None:
    """Raises `PlanEnded`."""
    if plan.state is PlanState.OPEN:
        return
    how = f"expired at {plan.expires_at}" if plan.state is PlanState.EXPIRED else "is applied already"
    raise PlanEnded(
        f"plan {plan.id} {how}",
        subject=f"plan {plan.id}",
        hint=f"`cantata plan create {plan.application}` makes a new one.",
    )


def refuse_unapproved(kept: KeptPlan) -> None:
    """Raises `PlanNotApproved`."""
    plan, role = kept.plan, kept.needed_role
    if role is not None:
        raise PlanNotApproved(
            f"plan {plan.id} waits for the approval of another {role} than {plan.author}",
            subject=f"plan {plan.id}",
            hint=f"They approve it by `cantata plan approve {plan.id}`.",
        )


def _check(actor: Actor, plan: StoredPlan, policy: Policy) -> None:
    if actor.name == plan.author:
        raise OwnPlan(
            f"plan {plan.id} was made by {actor.name}, who may not approve it",
            subject=f"plan {plan.id}",
            hint="Ask somebody else, with a token of another name.",
        )
    least = policy.approval or Role.OPERATOR
    if not actor.role.reaches(least):
        raise Forbidden(
            f"{actor.name} is {actor.role} and may not approve plans of project {plan.project}",
            subject=f"plan {plan.id}",
            hint=f"It needs the role {least}.",
        )
