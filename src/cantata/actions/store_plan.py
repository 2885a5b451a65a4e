"""Keep what was prepared as a plan: what it would write, what it rests on, and what people see of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cantata.actions.audit import audit
from cantata.actions.effects import plan_of
from cantata.actions.intent import changed_versions, edited_intent, recorded_intent
from cantata.actions.journal import draft_of, refuse_deleting
from cantata.actions.plan import Prepared
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.applications import ObjectRecord, Verb
from cantata.core.model.plans import Action, Plan
from cantata.core.model.stored_plans import Basis, BasisObject, KeptPlan, PlanState, PlanSummary, ShownPlan
from cantata.core.plan.stale import basis_object
from cantata.ports import Page, Records

LIFETIME = timedelta(hours=24)
ALL = Page(limit=500)
KEPT = timedelta(days=7)
"""How long a plan is still shown that expired without being applied."""


async def store_plan(
    ports: Ports,
    actor: Actor,
    prepared: Prepared,
    verb: Verb,
    services: tuple[str, ...],
    cause: str,
    *,
    namespace_exists: bool,
    recreate: bool = False,
    automatic: bool = False,
) -> KeptPlan:
    """An automatic one takes the place of an earlier one of the application that was not applied. Raises
    `ApplicationDeleting`."""
    edited = verb is Verb.DEPLOY
    told = edited_intent(prepared) if edited else await recorded_intent(ports, prepared)
    plan = await plan_of(prepared, told, verb=verb, namespace_exists=namespace_exists)
    shown = ShownPlan(plan, changed_versions(prepared))
    summary = _summary(plan, verb, services, automatic=automatic)
    basis = basis_of(prepared, verb)
    moment = datetime.now(UTC)

    def write(records: Records) -> KeptPlan:
        application = records.applications.by_id(prepared.source.application.id)
        refuse_deleting(application)
        records.plans.delete_old(application.project, _text(moment - KEPT))
        for earlier in records.plans.list(application.project, application_id=application.id, page=ALL):
            if automatic and earlier.summary.automatic and earlier.state is not PlanState.APPLIED:
                records.plans.delete(earlier)
        stored = records.plans.add(
            application,
            author=actor.name,
            cause=cause,
            expires_at=_text(moment + LIFETIME),
            summary=summary,
            draft=draft_of(records, prepared, verb, services, recreate=recreate),
            basis=basis,
            shown=shown,
        )
        audit(records, actor, application.project, "create", "plan", stored.id, application.name)
        return KeptPlan(stored, records.policies.get(application.project))

    return await ports.store.write(write)


def basis_of(prepared: Prepared, verb: Verb) -> Basis:
    """A deploy rests on the config and the template as they are; all else brings back what is recorded."""
    source = prepared.source
    newer = verb is Verb.DEPLOY
    live = prepared.live
    decisions = [each for some in prepared.decisions.values() for each in some]
    return Basis(
        revision=source.next_revision - 1,
        row_version=source.application.row_version,
        pins=source.chain.pins if newer else (),
        template_version=source.template.number if newer else 0,
        objects=(
            *(basis_object(each, live.find(each.desired.key)) for each in decisions),
            *_pruned(prepared.pruned.delete, Action.DELETE),
            *_pruned(prepared.pruned.keep, Action.KEEP),
        ),
    )


def _pruned(records: Iterable[ObjectRecord], action: Action) -> Iterable[BasisObject]:
    return (BasisObject(record.key, action, record.uid) for record in records)


def _summary(plan: Plan, verb: Verb, services: tuple[str, ...], *, automatic: bool) -> PlanSummary:
    counts = Counter(item.action for service in plan.services for item in service.objects)
    return PlanSummary(
        verb=verb,
        services=services,
        revision=plan.revision,
        creates=counts[Action.CREATE],
        updates=counts[Action.UPDATE],
        recreates=counts[Action.RECREATE],
        deletes=counts[Action.DELETE],
        rolls=tuple(service.service for service in plan.services if service.rolls),
        automatic=automatic,
    )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
