"""Plans that are kept: what they would write, what they rest on, and who approved them."""

from __future__ import annotations

import enum

import msgspec

from cantata.core.model.access import Role
from cantata.core.model.adjustments import Adjustments
from cantata.core.model.applications import Assignment, ObjectRecord, ServiceVersion, Verb
from cantata.core.model.configs import ConfigPin
from cantata.core.model.holds import Hold
from cantata.core.model.objects import ObjectKey
from cantata.core.model.plans import Action, Plan, ValueChange


class PlanState(enum.StrEnum):
    OPEN = "open"
    """It may be applied, once it is approved where that is needed."""
    APPLIED = "applied"
    EXPIRED = "expired"
    """Too old to be applied."""


class Approval(msgspec.Struct, frozen=True):
    """`role` is the one that the approver had."""

    by: str
    role: Role
    at: str


class PlanSummary(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a list tells of a plan. `services` empty means all; `revision` is the one that it would deploy;
    `rolls` are the services whose pods are replaced; the counts are of objects. `automatic` says that nobody
    asked for it: it was made for a change that the application follows."""

    verb: Verb
    services: tuple[str, ...] = ()
    revision: int = 0
    creates: int = 0
    updates: int = 0
    recreates: int = 0
    deletes: int = 0
    rolls: tuple[str, ...] = ()
    automatic: bool = False


class Draft(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Everything that is written when an operation begins.

    `made` says whether that is a new revision, with the services `versions`; `extras`, `notes` and `inputs`
    are addresses of sealed blobs. `adjustments` are of the services that are deployed; `recreate` says that
    objects may be made anew. `holds` are made, those with the ids `unheld` end.
    """

    verb: Verb
    services: tuple[str, ...]
    revision: int
    made: bool
    versions: dict[str, ServiceVersion]
    extras: str
    notes: str
    inputs: str
    intended: tuple[ObjectRecord, ...]
    assignments: tuple[Assignment, ...]
    adjustments: dict[str, Adjustments]
    recreate: bool = False
    holds: tuple[Hold, ...] = ()
    unheld: tuple[str, ...] = ()


class BasisObject(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An object as it was when the plan was made. An empty `uid` means that it was not there; `content` is a
    fingerprint, of Secrets the resourceVersion."""

    key: ObjectKey
    action: Action
    uid: str = ""
    content: str = ""


class Basis(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a plan rests on: it is applied only while all of this is so. Without `pins` and `template_version`
    it brings nothing newer than what is recorded."""

    revision: int
    row_version: int
    pins: tuple[ConfigPin, ...] = ()
    template_version: int = 0
    objects: tuple[BasisObject, ...] = ()


class StoredPlan(msgspec.Struct, frozen=True, rename="camel"):
    """`operation_id` is the one that applied it."""

    id: str
    project: str
    application_id: str
    application: str
    state: PlanState
    author: str
    cause: str
    created_at: str
    expires_at: str
    summary: PlanSummary
    approvals: tuple[Approval, ...] = ()
    operation_id: str = ""


class ShownPlan(msgspec.Struct, frozen=True, rename="camel"):
    """What people see of it: the plan with its diffs, and the versions that differ."""

    plan: Plan
    versions: tuple[ValueChange, ...] = ()


class Policy(msgspec.Struct, frozen=True, rename="camel"):
    """What a project demands of what changes its applications: a plan, and its approval by somebody else who
    has at least the role `approval`."""

    plan_required: bool = False
    approval: Role | None = None

    @property
    def needs_plan(self) -> bool:
        return self.plan_required or self.approval is not None


class KeptPlan(msgspec.Struct, frozen=True):
    """A plan under the policy of its project."""

    plan: StoredPlan
    policy: Policy

    @property
    def needed_role(self) -> Role | None:
        """The least role of the approver that it still waits for; None when it may be applied, or has
        ended."""
        least, plan = self.policy.approval, self.plan
        if least is None or plan.state is not PlanState.OPEN:
            return None
        given = any(each.by != plan.author and each.role.reaches(least) for each in plan.approvals)
        return None if given else least
