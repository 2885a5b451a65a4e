"""Look at stored plans, and delete one."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.stored_plans import KeptPlan, ShownPlan
from cantata.ports import Page, Records


async def get_plan(ports: Ports, project: str, id_: str) -> tuple[KeptPlan, ShownPlan]:
    """Raises `PlanNotFound`."""

    def read(records: Records) -> tuple[KeptPlan, ShownPlan]:
        plan = records.plans.get(project, id_)
        return KeptPlan(plan, records.policies.get(project)), records.plans.shown(plan)

    return await ports.store.read(read)


async def list_plans(
    ports: Ports, project: str, *, application: str = "", page: Page = Page()
) -> Sequence[KeptPlan]:
    """Newest first. Raises `ApplicationNotFound`."""

    def read(records: Records) -> Sequence[KeptPlan]:
        application_id = records.applications.get(project, application).id if application else ""
        policy = records.policies.get(project)
        plans = records.plans.list(project, application_id=application_id, page=page)
        return [KeptPlan(plan, policy) for plan in plans]

    return await ports.store.read(read)


async def delete_plan(ports: Ports, actor: Actor, project: str, id_: str) -> None:
    """Raises `PlanNotFound`."""

    def write(records: Records) -> None:
        plan = records.plans.get(project, id_)
        records.plans.delete(plan)
        audit(records, actor, project, "delete", "plan", id_, plan.application)

    await ports.store.write(write)
