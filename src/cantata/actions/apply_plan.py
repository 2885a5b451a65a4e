"""Apply a stored plan: exactly what it says, or nothing, with the names of what has moved since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from cantata.actions.approve_plan import refuse_ended, refuse_unapproved
from cantata.actions.audit import audit
from cantata.actions.check_cluster import check_cluster
from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.journal import refuse_deleting, write_draft
from cantata.actions.lost_key import blobs_of
from cantata.actions.plan import Prepared, decide_all
from cantata.actions.ports import Ports
from cantata.actions.source import Source
from cantata.actions.store_plan import basis_of
from cantata.core.model.access import Actor
from cantata.core.model.applications import Operation, RevisionExtras
from cantata.core.model.errors import EditConflict
from cantata.core.model.objects import Manifest
from cantata.core.model.stored_plans import Basis, Draft, KeptPlan, Policy, StoredPlan
from cantata.core.plan.stale import what_moved
from cantata.errors import CantataError, Category, Detail
from cantata.ports import Records


class PlanStale(CantataError):
    """What the plan rests on has moved since it was made. Nothing was written."""

    category = Category.CONFLICT


class Stored(msgspec.Struct, frozen=True):
    """A plan with what it would write, and the application as it is now."""

    plan: StoredPlan
    draft: Draft
    basis: Basis
    policy: Policy
    source: Source
    desired: DesiredState


async def apply_plan(ports: Ports, actor: Actor, project: str, id_: str, *, queue: bool = False) -> Operation:
    """Returns when the operation is journalled. Raises `PlanNotFound`, `PlanEnded`, `PlanNotApproved`,
    `PlanStale`, and what a deploy raises before its first write."""
    stored = await ports.store.read(lambda records: _read(records, project, id_))
    refuse_ended(stored.plan)
    refuse_unapproved(KeptPlan(stored.plan, stored.policy))
    prepared = await _decided(ports, stored)
    await check_cluster(prepared)

    def write(records: Records) -> Operation:
        plan = records.plans.get(project, id_)
        refuse_unapproved(KeptPlan(plan, records.policies.get(project)))
        application = records.applications.by_id(plan.application_id)
        if application.row_version != stored.basis.row_version:
            raise _stale(plan, ["the application was edited"])
        try:
            operation = write_draft(
                records, actor, application, stored.draft, plan.cause, queue=queue, plan=plan.id
            )
        except EditConflict as error:
            raise _stale(plan, [error.message]) from error
        records.plans.applied(plan, operation.id)
        audit(records, actor, project, "apply", "plan", plan.id, operation.id)
        return operation

    operation = await ports.store.write(write)
    ports.wake()
    return operation


def _read(records: Records, project: str, id_: str) -> Stored:
    plan = records.plans.get(project, id_)
    draft = records.plans.draft(plan)
    source = Source.read(records, project, records.applications.by_id(plan.application_id).name)
    with blobs_of(source.application, draft.revision):
        blobs = records.blobs.get_all(
            [*(each.manifests for each in draft.versions.values()), *([draft.extras] if draft.extras else ())]
        )
    extras = RevisionExtras.read(blobs[draft.extras]) if draft.extras else source.extras
    desired = DesiredState(_services(draft, blobs), extras, engine="", assignments=draft.assignments)
    policy = records.policies.get(project)
    return Stored(plan, draft, records.plans.basis(plan), policy, source, desired)


def _services(draft: Draft, blobs: Mapping[str, bytes]) -> dict[str, DesiredService]:
    return {
        name: DesiredService.of(
            version, msgspec.json.decode(blobs[version.manifests], type=tuple[Manifest, ...])
        )
        for name, version in draft.versions.items()
    }


async def _decided(ports: Ports, stored: Stored) -> Prepared:
    """What would be done now. Raises `PlanStale` unless that is what the plan says."""
    plan, draft, source = stored.plan, stored.draft, stored.source
    refuse_deleting(source.application)
    session = await ports.clusters.get(plan.project, source.application.cluster)
    prepared = await decide_all(ports, source, session, stored.desired, draft.services)
    now = basis_of(prepared, draft.verb)
    moved = what_moved(stored.basis, now, template=source.application.template)
    if moved:
        raise _stale(plan, moved)
    return prepared


def _stale(plan: StoredPlan, moved: Sequence[str]) -> PlanStale:
    more = f" (and {len(moved) - 1} more)" if len(moved) > 1 else ""
    return PlanStale(
        f"plan {plan.id} is stale: {moved[0]}{more}",
        subject=f"plan {plan.id}",
        hint=f"`cantata plan create {plan.application}` makes one of what is so now.",
        details=[Detail(each) for each in moved],
    )
