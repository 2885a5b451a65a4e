"""Make a plan of a deploy or of a rollback, and keep it."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.check_cluster import check_cluster
from cantata.actions.held_values import refuse_held
from cantata.actions.journal import refuse_deleting
from cantata.actions.plan import Prepared, prepare, refuse_unsound
from cantata.actions.ports import Ports
from cantata.actions.rollback import prepare_rollback
from cantata.actions.store_plan import store_plan
from cantata.core.model.access import Actor
from cantata.core.model.applications import Verb
from cantata.core.model.stored_plans import KeptPlan
from cantata.core.order.scope import ALONE, Scope


async def make_plan(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    services: Sequence[str] = (),
    scope: Scope = ALONE,
    *,
    cause: str = "",
    recreate: bool = False,
    lift_holds: bool = False,
) -> KeptPlan | None:
    """Of a deploy; None when nothing is to be done. Raises what a deploy raises before its first write."""
    prepared = await prepare(ports, project, name, services, scope)
    refuse_deleting(prepared.source.application)
    refuse_unsound(prepared)
    if not lift_holds:
        refuse_held(prepared.source.application, prepared.holding)
    return await _kept(ports, actor, prepared, Verb.DEPLOY, cause or "deploy", recreate=recreate)


async def make_rollback_plan(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    services: Sequence[str] = (),
    scope: Scope = ALONE,
    *,
    revision: int | None = None,
    cause: str = "",
) -> KeptPlan | None:
    """To the revision before unless one is given; None when nothing is to be done. Raises what a rollback
    raises before its first write."""
    prepared = await prepare_rollback(ports, project, name, services, scope, revision=revision)
    refuse_unsound(prepared)
    return await _kept(ports, actor, prepared, Verb.ROLLBACK, cause or "rollback")


async def _kept(
    ports: Ports, actor: Actor, prepared: Prepared, verb: Verb, cause: str, *, recreate: bool = False
) -> KeptPlan | None:
    if prepared.nothing_to_do:
        return None
    exists = await check_cluster(prepared)
    return await store_plan(
        ports,
        actor,
        prepared,
        verb,
        prepared.services,
        cause,
        namespace_exists=exists,
        recreate=recreate,
    )
