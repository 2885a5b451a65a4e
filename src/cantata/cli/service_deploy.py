"""`cantata service deploy`, `restart`, `scale` and so on: what starts an operation on single services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli import application
from cantata.cli.deploying import (
    Cause,
    LiftHolds,
    Queue,
    Seconds,
    Wait,
    WithDependencies,
    WithDependents,
    follow_deployed,
)
from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.output import Output
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.client.services import Asked

Application = Annotated[str, Parameter(name="application", help="The application.")]
Named = Annotated[list[str] | None, Parameter(name="services", negative="", help="Names of services.")]
Every = Annotated[bool, Parameter(name="--all", negative="", help="All services for which it is possible.")]

SCALE_EXAMPLES = """Examples:
  cantata service scale shop-dev web --replicas 5
  cantata service scale shop-dev web --reset"""


async def preview(
    name: Application,
    services: Named = None,
    *,
    with_dependencies: WithDependencies = False,
    with_dependents: WithDependents = False,
    output: Output = "table",
) -> None:
    """Show what a deploy of these services would do, down to the fields. Nothing is changed."""
    await application.preview(
        name,
        _named(services),
        with_dependencies=with_dependencies,
        with_dependents=with_dependents,
        output=output,
    )


async def deploy(
    name: Application,
    services: Named = None,
    *,
    with_dependencies: WithDependencies = False,
    with_dependents: WithDependents = False,
    lift_holds: LiftHolds = False,
    queue: Queue = False,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Deploy these services as template, config and overrides say now, also those that are undeployed."""
    await application.deploy(
        name,
        _named(services),
        with_dependencies=with_dependencies,
        with_dependents=with_dependents,
        lift_holds=lift_holds,
        queue=queue,
        wait=wait,
        seconds=seconds,
        message=message,
        output=output,
    )


async def rollback(
    name: Application,
    services: Named = None,
    *,
    to: Annotated[int | None, Parameter(help="The revision; by default, each to what it was before.")] = None,
    with_dependencies: WithDependencies = False,
    with_dependents: WithDependents = False,
    queue: Queue = False,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Deploy older versions of these services again, their config included."""
    await application.rollback(
        name,
        _named(services),
        to=to,
        with_dependencies=with_dependencies,
        with_dependents=with_dependents,
        queue=queue,
        wait=wait,
        seconds=seconds,
        message=message,
        output=output,
    )


async def restart(
    name: Application,
    services: Named = None,
    *,
    every: Every = False,
    with_dependencies: WithDependencies = False,
    with_dependents: WithDependents = False,
    queue: Queue = False,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Replace the pods of these services, in order, with what they run now."""
    await _ask("restart", **locals())


async def pause(
    name: Application,
    services: Named = None,
    *,
    every: Every = False,
    with_dependencies: WithDependencies = False,
    with_dependents: WithDependents = False,
    queue: Queue = False,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Take all pods of these services away. They stay away, whatever is deployed, until `resume`."""
    await _ask("pause", **locals())


async def resume(
    name: Application,
    services: Named = None,
    *,
    every: Every = False,
    with_dependencies: WithDependencies = False,
    with_dependents: WithDependents = False,
    queue: Queue = False,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Give paused services their pods back."""
    await _ask("resume", **locals())


async def undeploy(
    name: Application,
    services: Named = None,
    *,
    every: Every = False,
    with_dependents: WithDependents = False,
    queue: Queue = False,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Delete all objects of these services but their claims. They stay away, whatever is deployed, until they
    are deployed by name."""
    await _ask("undeploy", with_dependencies=False, **locals())


async def scale(
    name: Application,
    services: Named = None,
    *,
    replicas: Annotated[int | None, Parameter(name=["--replicas", "-r"], help="How many pods.")] = None,
    reset: Annotated[bool, Parameter(negative="", help="As many as the template says again.")] = False,
    queue: Queue = False,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Ask for a number of pods. It stays so, whatever is deployed, until you ask for another."""
    if (replicas is None) is not reset:
        raise ArgumentInvalid("say how many pods by --replicas, or --reset")
    async with connect() as client:
        deployed = await client.services.scale(name, _named(services), replicas, cause=message, queue=queue)
        await follow_deployed(client, name, deployed, wait=wait, seconds=seconds, output=output)


async def _ask(
    verb: Asked,
    *,
    name: str,
    services: list[str] | None,
    every: bool,
    with_dependencies: bool,
    with_dependents: bool,
    queue: bool,
    wait: bool,
    seconds: float | None,
    message: str,
    output: Output,
) -> None:
    if every and services:
        raise ArgumentInvalid("name services, or mean all by --all, not both")
    async with connect() as client:
        deployed = await client.services.ask(
            verb,
            name,
            () if every else _named(services),
            every=every,
            with_dependencies=with_dependencies,
            with_dependents=with_dependents,
            cause=message,
            queue=queue,
        )
        await follow_deployed(client, name, deployed, wait=wait, seconds=seconds, output=output)


def _named(services: list[str] | None) -> list[str]:
    """Raises `ArgumentInvalid` where nobody is named: only `cantata app` means all then."""
    if not services:
        raise ArgumentInvalid("no service is named", hint="`cantata app status` shows the services.")
    return services
