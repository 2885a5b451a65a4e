"""`cantata service deploy`, `restart`, `scale` and so on: what starts an operation on single services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli import application_deploy as application
from cantata.cli.deploying import (
    ALONE,
    AT_ONCE,
    TO_THE_END,
    Closure,
    Follow,
    LiftHolds,
    Recreate,
    Start,
    WithDependents,
    follow_deployed,
)
from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.options import Application
from cantata.cli.output import Output
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.client.services import Asked

Named = Annotated[list[str] | None, Parameter(name="services", negative="", help="Names of services.")]
Every = Annotated[bool, Parameter(name="--all", negative="", help="All services for which it is possible.")]

SCALE_EXAMPLES = """Examples:
  cantata service scale shop-dev web --replicas 5
  cantata service scale shop-dev web --reset"""


async def preview(
    name: Application, services: Named = None, *, closure: Closure = ALONE, output: Output = "table"
) -> None:
    """Show what a deploy of these services would do, down to the fields. Nothing is changed."""
    await application.preview(name, _named(services), closure=closure, output=output)


async def deploy(
    name: Application,
    services: Named = None,
    *,
    closure: Closure = ALONE,
    lift_holds: LiftHolds = False,
    recreate: Recreate = False,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Deploy these services as template, config and overrides say now, also those that are undeployed."""
    await application.deploy(
        name,
        _named(services),
        closure=closure,
        lift_holds=lift_holds,
        recreate=recreate,
        start=start,
        follow=follow,
    )


async def rollback(
    name: Application,
    services: Named = None,
    *,
    to: Annotated[int | None, Parameter(help="The revision; by default, each to what it was before.")] = None,
    closure: Closure = ALONE,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Deploy older versions of these services again, their config included."""
    await application.rollback(name, _named(services), to=to, closure=closure, start=start, follow=follow)


async def restart(
    name: Application,
    services: Named = None,
    *,
    every: Every = False,
    closure: Closure = ALONE,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Replace the pods of these services, in order, with what they run now."""
    await _ask("restart", name, services, every, closure, start, follow)


async def pause(
    name: Application,
    services: Named = None,
    *,
    every: Every = False,
    closure: Closure = ALONE,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Take all pods of these services away. They stay away, whatever is deployed, until `resume`."""
    await _ask("pause", name, services, every, closure, start, follow)


async def resume(
    name: Application,
    services: Named = None,
    *,
    every: Every = False,
    closure: Closure = ALONE,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Give paused services their pods back."""
    await _ask("resume", name, services, every, closure, start, follow)


async def undeploy(
    name: Application,
    services: Named = None,
    *,
    every: Every = False,
    with_dependents: WithDependents = False,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Delete all objects of these services but their claims. They stay away, whatever is deployed, until they
    are deployed by name."""
    closure = Closure(with_dependents=with_dependents)
    await _ask("undeploy", name, services, every, closure, start, follow)


async def scale(
    name: Application,
    services: Named = None,
    *,
    replicas: Annotated[int | None, Parameter(name=["--replicas", "-r"], help="How many pods.")] = None,
    reset: Annotated[bool, Parameter(negative="", help="As many as the template says again.")] = False,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Ask for a number of pods. It stays so, whatever is deployed, until you ask for another."""
    if replicas is not None and replicas < 0:
        raise ArgumentInvalid(f"{replicas} pods are not possible", hint="0 or more are.")
    if (replicas is None) is not reset:
        raise ArgumentInvalid("say how many pods by --replicas, or --reset")
    async with connect() as client:
        deployed = await client.services.scale(
            name, _named(services), replicas, cause=start.message, queue=start.queue
        )
        await follow_deployed(client, name, deployed, follow)


async def _ask(
    verb: Asked,
    name: str,
    services: list[str] | None,
    every: bool,
    closure: Closure,
    start: Start,
    follow: Follow,
) -> None:
    if every and services:
        raise ArgumentInvalid("name services, or mean all by --all, not both")
    async with connect() as client:
        deployed = await client.services.ask(
            verb,
            name,
            () if every else _named(services),
            every=every,
            with_dependencies=closure.with_dependencies,
            with_dependents=closure.with_dependents,
            cause=start.message,
            queue=start.queue,
        )
        await follow_deployed(client, name, deployed, follow)


def _named(services: list[str] | None) -> list[str]:
    """Raises `ArgumentInvalid` where nobody is named: only `cantata app` means all then."""
    if not services:
        raise ArgumentInvalid("no service is named", hint="`cantata app status` shows the services.")
    return services
