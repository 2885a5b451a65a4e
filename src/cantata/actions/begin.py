"""Let begin what was prepared; where the project demands a plan, keep it as one instead."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.check_cluster import check_cluster
from cantata.actions.deprecate_template import deprecation_findings
from cantata.actions.journal import PlanNeeded, journal
from cantata.actions.plan import Prepared
from cantata.actions.ports import Ports
from cantata.actions.store_plan import store_plan
from cantata.core.model.access import Actor
from cantata.core.model.applications import Operation, Verb
from cantata.core.model.findings import Finding
from cantata.core.model.holds import Skipped
from cantata.core.model.stored_plans import KeptPlan
from cantata.core.plan.closure import closure_findings


@dataclass(frozen=True, slots=True)
class Deployed:
    """`operation` is None when there was nothing to do (no revision, no hook, no write), or when the project
    demands a plan: `plan` is the one that was stored then. `skipped` are the keys that a rollback
    leaves behind, `findings` what other services have that those in the operation refer to, and that the
    template is deprecated."""

    operation: Operation | None
    plan: KeptPlan | None = None
    skipped: tuple[Skipped, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def changed(self) -> bool:
        return self.operation is not None or self.plan is not None


async def begin(
    ports: Ports,
    actor: Actor,
    prepared: Prepared,
    verb: Verb,
    services: tuple[str, ...],
    cause: str,
    *,
    queue: bool = False,
    recreate: bool = False,
    automatic: bool = False,
) -> Deployed:
    """Returns when the operation is journalled, or the plan stored. `automatic` says that nobody asked for
    it. Raises `ObjectOwnedByOther`, `NamespaceMissing`, `EditConflict`, `ApplicationDeleting`; nothing was
    written then."""
    application = prepared.source.application
    deprecated = deprecation_findings(application.template, application.template_deprecated)
    findings = (*deprecated, *closure_findings(prepared.desired.closure))
    if prepared.nothing_to_do:
        return Deployed(None, findings=findings)
    exists = await check_cluster(prepared)
    try:
        operation = await ports.store.write(
            lambda records: journal(
                records, actor, prepared, verb, services, cause, queue=queue, recreate=recreate
            )
        )
    except PlanNeeded:
        plan = await store_plan(
            ports,
            actor,
            prepared,
            verb,
            services,
            cause,
            namespace_exists=exists,
            recreate=recreate,
            automatic=automatic,
        )
        return Deployed(None, plan, prepared.holding.skipped, findings)
    ports.wake()
    return Deployed(operation, skipped=prepared.holding.skipped, findings=findings)
