"""`cantata app preview`, `deploy`, `rollback`, `revert` and `test`: what starts operations."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from cantata.cli.deploying import (
    ALONE,
    AT_ONCE,
    TO_THE_END,
    Cause,
    Closure,
    Follow,
    LiftHolds,
    Recreate,
    Start,
    follow_deployed,
    follow_operation,
)
from cantata.cli.options import Services
from cantata.cli.output import Output, print_data
from cantata.cli.session import connect

DEPLOY_EXAMPLES = """Examples:
  cantata app deploy shop-dev
  cantata app deploy shop-dev web catalog
  cantata app deploy shop-dev --outdated"""


async def preview(
    name: str, services: Services = None, *, closure: Closure = ALONE, output: Output = "table"
) -> None:
    """Show what a deploy would do, down to the fields. Nothing is changed."""
    async with connect() as client:
        plan = await client.applications.preview(
            name,
            services or (),
            with_dependencies=closure.with_dependencies,
            with_dependents=closure.with_dependents,
        )
    if output != "table":
        print_data(plan, output)
        return
    from cantata.cli.plan_text import plan_lines

    print("\n".join(plan_lines(plan)))


async def deploy(
    name: str,
    services: Services = None,
    *,
    outdated: Annotated[
        bool, Parameter(negative="", help="Those that a newer config, template or edit changes.")
    ] = False,
    closure: Closure = ALONE,
    lift_holds: LiftHolds = False,
    recreate: Recreate = False,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Deploy all services, or those that you name. When nothing changed, nothing is done."""
    async with connect() as client:
        deployed = await client.applications.deploy(
            name,
            services or (),
            cause=start.message,
            outdated=outdated,
            with_dependencies=closure.with_dependencies,
            with_dependents=closure.with_dependents,
            lift_holds=lift_holds,
            queue=start.queue,
            recreate=recreate,
        )
        await follow_deployed(client, name, deployed, follow)


async def rollback(
    name: str,
    services: Services = None,
    *,
    to: Annotated[int | None, Parameter(help="The revision; by default the one before.")] = None,
    closure: Closure = ALONE,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Deploy an older revision again, its config included: all services, or those that you name."""
    async with connect() as client:
        deployed = await client.applications.rollback(
            name,
            to,
            services or (),
            cause=start.message,
            with_dependencies=closure.with_dependencies,
            with_dependents=closure.with_dependents,
            queue=start.queue,
        )
        await follow_deployed(client, name, deployed, follow)


async def revert(
    name: str, services: Services = None, *, message: Cause = "", follow: Follow = TO_THE_END
) -> None:
    """Take back what others changed on what is deployed: of all services, or of those that you name."""
    async with connect() as client:
        deployed = await client.applications.revert(name, services or (), cause=message)
        await follow_deployed(client, name, deployed, follow)


async def run_tests(
    name: str,
    services: Services = None,
    *,
    message: Cause = "",
    follow: Follow = TO_THE_END,
) -> None:
    """Run the tests that the chart brings (`helm.sh/hook: test`) against what is deployed: all, or those of
    the services that you name."""
    async with connect() as client:
        operation = await client.applications.test(name, services or (), cause=message)
        await follow_operation(client, operation, follow)
