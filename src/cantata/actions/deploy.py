"""Deploy an application, or some of its services: decide, journal, and let the operation loop act."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from cantata.actions.begin import Deployed, begin
from cantata.actions.held_values import refuse_held
from cantata.actions.journal import refuse_deleting
from cantata.actions.plan import prepare, refuse_unsound
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.applications import Verb
from cantata.core.model.errors import EditConflict
from cantata.core.order.scope import ALONE, Scope


async def deploy(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    services: Sequence[str] = (),
    *,
    scope: Scope = ALONE,
    cause: str = "",
    queue: bool = False,
    recreate: bool = False,
    automatic: bool = False,
    lift_holds: bool = False,
) -> Deployed:
    """Returns when the operation is journalled; with `queue` it waits for the one under way, with `recreate`
    it may make objects anew. Where the project demands a plan, one is stored instead; `automatic` says that
    nobody asked for it. What another request has changed meanwhile is taken as it is then. Raises what
    `prepare` and `begin` raise, `TemplateUnsound`, `ReferenceUndeployed` and, without `lift_holds`,
    `ValueHeld`; nothing was written then."""
    while True:
        prepared = await prepare(ports, project, name, services, scope)
        refuse_deleting(prepared.source.application)
        refuse_unsound(prepared)
        if not lift_holds:
            refuse_held(prepared.source.application, prepared.holding)
        with suppress(EditConflict):  # Another one came first, so somebody gets on in every round.
            return await begin(
                ports,
                actor,
                prepared,
                Verb.DEPLOY,
                prepared.services,
                cause or "deploy",
                queue=queue,
                recreate=recreate,
                automatic=automatic,
            )
