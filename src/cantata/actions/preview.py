"""A deploy that stops before the first write: what would change, field by field, asked of the cluster."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.check_cluster import check_cluster
from cantata.actions.effects import plan_of
from cantata.actions.intent import edited_intent, own_intent
from cantata.actions.journal import refuse_deleting
from cantata.actions.plan import Prepared, prepare
from cantata.actions.ports import Ports
from cantata.core.model.applications import Verb
from cantata.core.model.plans import Plan
from cantata.core.order.scope import ALONE, Scope


async def preview(
    ports: Ports, project: str, name: str, services: Sequence[str] = (), scope: Scope = ALONE
) -> Plan:
    """Raises what a deploy would raise before its first write, but for findings: those are in the plan."""
    return (await previewed(ports, project, name, services, scope))[1]


async def previewed(
    ports: Ports, project: str, name: str, services: Sequence[str] = (), scope: Scope = ALONE
) -> tuple[Prepared, Plan]:
    """With what it was made from."""
    prepared = await prepare(ports, project, name, services, scope)
    return prepared, await preview_prepared(ports, prepared)


async def preview_prepared(ports: Ports, prepared: Prepared) -> Plan:
    """Of a deploy. Raises what it would raise before its first write and behind `prepare`."""
    refuse_deleting(prepared.source.application)
    exists = await check_cluster(prepared)
    told = edited_intent(prepared)
    if prepared.services:
        told = await own_intent(ports, prepared, told)
    return await plan_of(prepared, told, verb=Verb.DEPLOY, namespace_exists=exists)
