"""What a project demands of what changes its applications."""

from __future__ import annotations

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.stored_plans import Policy
from cantata.ports import Records


async def get_policy(ports: Ports, project: str) -> Policy:
    return await ports.store.read(lambda records: records.policies.get(project))


async def set_policy(ports: Ports, actor: Actor, project: str, policy: Policy) -> Policy:
    """Holds for what begins from now on. Raises `ProjectNotFound`."""

    def write(records: Records) -> None:
        records.policies.set(project, policy)
        audit(records, actor, project, "edit", "project", project, policy_text(policy))

    await ports.store.write(write)
    return policy


def policy_text(policy: Policy) -> str:
    if policy.approval is not None:
        return f"a plan is needed, approved by another {policy.approval}"
    return "a plan is needed" if policy.plan_required else "nothing is needed"
