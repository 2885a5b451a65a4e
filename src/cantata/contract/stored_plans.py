"""Plans that are kept, and what a project demands of what changes its applications."""

from __future__ import annotations

import msgspec

from cantata.contract.plans import PlanInfo, ValueChangeInfo
from cantata.contract.states import PlanState, Role, Verb


class PlanRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A plan of a deploy, or, with `rollback`, of a rollback to `revision` (null is the one before).
    `services` empty means all; `with_dependencies`, `with_dependents`, `recreate` and `lift_holds` as in a
    deploy."""

    application: str
    services: tuple[str, ...] = ()
    with_dependencies: bool = False
    with_dependents: bool = False
    cause: str = ""
    recreate: bool = False
    lift_holds: bool = False
    rollback: bool = False
    revision: int | None = None


class ApprovalInfo(msgspec.Struct, frozen=True, rename="camel"):
    by: str
    role: Role
    at: str


class StoredPlanInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`services` empty means all; `revision` is the one that it would deploy. The counts are of objects,
    `rolls` names the services whose pods are replaced. `automatic` plans were made for a change that the
    application follows. `needs` is the role of the approver that it still waits for, null when it may be
    applied; `operation` is the one that applied it."""

    id: str
    application: str
    state: PlanState
    verb: Verb
    services: tuple[str, ...]
    author: str
    cause: str
    created_at: str
    expires_at: str
    revision: int = 0
    creates: int = 0
    updates: int = 0
    recreates: int = 0
    deletes: int = 0
    rolls: tuple[str, ...] = ()
    automatic: bool = False
    approvals: tuple[ApprovalInfo, ...] = ()
    needs: Role | None = None
    operation: str = ""


class ShownPlanInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A plan with its diffs: `versions` and `plan.intent` are what was changed, the objects of the services
    what the cluster would change, and what others changed on them."""

    info: StoredPlanInfo
    plan: PlanInfo
    versions: tuple[ValueChangeInfo, ...] = ()


class PlannedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`plan` is null when nothing is to be done."""

    changed: bool
    plan: StoredPlanInfo | None = None


class PolicyEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a project is to demand: a plan, and its approval by somebody else of at least the role `approval`
    (null for none), which demands a plan, too."""

    plan_required: bool = False
    approval: Role | None = None


class PolicyInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What a project demands."""

    plan_required: bool = False
    approval: Role | None = None
