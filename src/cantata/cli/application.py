"""`cantata app`: applications, from their creation to their end."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.addresses import address_lines, addresses
from cantata.cli.application_delete import DELETE_EXAMPLES, delete, forget
from cantata.cli.application_make import CLONE_EXAMPLES, CREATE_EXAMPLES, clone, create, edit
from cantata.cli.application_show import pinned, show
from cantata.cli.cards_text import card_lines
from cantata.cli.deploying import (
    Cause,
    LiftHolds,
    Queue,
    Recreate,
    Seconds,
    Services,
    Wait,
    WithDependencies,
    WithDependents,
    finish_operation,
    follow_deployed,
)
from cantata.cli.diff import DIFF_EXAMPLES, diff
from cantata.cli.drift_text import print_drift
from cantata.cli.output import Output, print_data, print_list
from cantata.cli.scaling_text import scaling_lines
from cantata.cli.session import connect
from cantata.contract.errors import RemoteError
from cantata.contract.states import ServiceState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cantata.client import Client
    from cantata.contract.addresses import AddressInfo
    from cantata.contract.applications import ApplicationStatusInfo
    from cantata.contract.cards import FailureCardInfo

DEPLOY_EXAMPLES = """Examples:
  cantata app deploy shop-dev
  cantata app deploy shop-dev web catalog
  cantata app deploy shop-dev --outdated"""

app = App(name="app", help="Applications: create, preview, deploy, roll back, watch.")
app.command(create, help_epilogue=CREATE_EXAMPLES)
app.command(edit)
app.command(clone, help_epilogue=CLONE_EXAMPLES)
app.command(show)
app.command(addresses)
app.command(delete, help_epilogue=DELETE_EXAMPLES)
app.command(forget)
app.command(diff, help_epilogue=DIFF_EXAMPLES)


@app.command
async def preview(
    name: str,
    services: Services = None,
    *,
    with_dependencies: WithDependencies = False,
    with_dependents: WithDependents = False,
    output: Output = "table",
) -> None:
    """Show what a deploy would do, down to the fields. Nothing is changed."""
    async with connect() as client:
        plan = await client.applications.preview(
            name, services or (), with_dependencies=with_dependencies, with_dependents=with_dependents
        )
    if output != "table":
        print_data(plan, output)
        return
    from cantata.cli.plan_text import plan_lines

    print("\n".join(plan_lines(plan)))


@app.command
async def parity(
    name: str,
    services: Services = None,
    *,
    every: Annotated[
        bool, Parameter(name="--all", negative="", help="Keys, too, that nothing delivers or flags.")
    ] = False,
    output: Output = "table",
) -> None:
    """Show each config key as template variable, environment and file, flagged where these differ."""
    async with connect() as client:
        found = await client.applications.parity(name, services or ())
    if output != "table":
        print_data(found, output)
        return
    from cantata.cli.parity_text import print_parity

    print_parity(found, every=every)


@app.command
async def variables(
    name: str,
    service: Annotated[str | None, Parameter(help="Only this service; by default all.")] = None,
    *,
    output: Output = "table",
) -> None:
    """List the values that each service reads, with what they are now and where that is written."""
    async with connect() as client:
        found = await client.applications.variables(name, service)
    if output != "table":
        print_data(found, output)
        return
    from cantata.cli.variables_text import print_services

    print_services(found.services)


@app.command(help_epilogue=DEPLOY_EXAMPLES)
async def deploy(
    name: str,
    services: Services = None,
    *,
    outdated: Annotated[
        bool, Parameter(negative="", help="Those that a newer config, template or edit changes.")
    ] = False,
    with_dependencies: WithDependencies = False,
    with_dependents: WithDependents = False,
    lift_holds: LiftHolds = False,
    queue: Queue = False,
    recreate: Recreate = False,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Deploy all services, or those that you name. When nothing changed, nothing is done."""
    async with connect() as client:
        deployed = await client.applications.deploy(
            name,
            services or (),
            cause=message,
            outdated=outdated,
            with_dependencies=with_dependencies,
            with_dependents=with_dependents,
            lift_holds=lift_holds,
            queue=queue,
            recreate=recreate,
        )
        await follow_deployed(client, name, deployed, wait=wait, seconds=seconds, output=output)


@app.command
async def rollback(
    name: str,
    services: Services = None,
    *,
    to: Annotated[int | None, Parameter(help="The revision; by default the one before.")] = None,
    with_dependencies: WithDependencies = False,
    with_dependents: WithDependents = False,
    queue: Queue = False,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Deploy an older revision again, its config included: all services, or those that you name."""
    async with connect() as client:
        deployed = await client.applications.rollback(
            name,
            to,
            services or (),
            cause=message,
            with_dependencies=with_dependencies,
            with_dependents=with_dependents,
            queue=queue,
        )
        await follow_deployed(client, name, deployed, wait=wait, seconds=seconds, output=output)


@app.command
async def revert(
    name: str,
    services: Services = None,
    *,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Take back what others changed on what is deployed: of all services, or of those that you name."""
    async with connect() as client:
        deployed = await client.applications.revert(name, services or (), cause=message)
        await follow_deployed(client, name, deployed, wait=wait, seconds=seconds, output=output)


@app.command(name="test")
async def run_tests(
    name: str,
    *,
    services: Annotated[
        list[str] | None,
        Parameter(
            name=["--service", "-s"],
            negative="",
            consume_multiple=False,
            help="Only the tests of this service; may be repeated.",
        ),
    ] = None,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Run the tests that the chart brings (`helm.sh/hook: test`) against what is deployed."""
    async with connect() as client:
        operation = await client.applications.test(name, services or (), cause=message)
        await finish_operation(client, operation, wait=wait, seconds=seconds, output=output)


@app.command
async def status(name: str, *, output: Output = "table") -> None:
    """Show the live state of an application, service by service."""
    async with connect() as client:
        found = await client.applications.status(name)
        ways = await _ways(client, name) if output == "table" else ()
    _print_status(found, output)
    for line in address_lines(ways):
        print(line)


async def _ways(client: Client, name: str) -> tuple[AddressInfo, ...]:
    """None of a cluster that does not answer: the status says so itself."""
    with suppress(RemoteError):
        return (await client.addresses.show(name)).addresses
    return ()


@app.command(name="list")
async def list_(
    *,
    search: str = "",
    template: str = "",
    config: str = "",
    state: ServiceState | None = None,
    output: Output = "table",
) -> None:
    """List applications by name, each with its state."""
    async with connect() as client:
        found = [
            status
            async for status in client.applications.list(
                search=search, template=template, config=config, state=state
            )
        ]
    print_list(
        found,
        output,
        ["name", "state", "ready", "revision", "template", "config", "cluster", "namespace"],
        lambda status: (
            status.application.name,
            status.state,
            _ready(status),
            status.revision or "",
            pinned(status.application.template, status.application.template_version),
            pinned(status.application.config, status.application.config_version),
            status.application.cluster,
            status.application.namespace,
        ),
    )


@app.command
async def watch(name: str, *, output: Output = "table") -> None:
    """Show the live state of an application until Ctrl-C."""
    from cantata.cli.progress import watch as watch_application

    async with connect() as client:
        await client.applications.show(name)
        await watch_application(client, name, output)


@app.command
async def history(name: str, *, output: Output = "table") -> None:
    """List the revisions of an application, newest first."""
    async with connect() as client:
        found = [revision async for revision in client.applications.history(name)]
    print_list(
        found,
        output,
        ["revision", "state", "created", "author", "changed", "cause"],
        lambda revision: (
            revision.number,
            revision.state,
            revision.created_at,
            revision.author,
            ", ".join(
                service.service for service in revision.services if service.changed_in == revision.number
            ),
            revision.cause,
        ),
    )


def _print_status(status: ApplicationStatusInfo, output: Output) -> None:
    if output != "table":
        print_data(status, output)
        return
    operation = status.operation
    print(f"{status.application.name}: {status.state}, revision {status.revision}", end="")
    print(f", {operation.verb} {operation.state}" if operation else "")
    if status.services:
        print_list(
            status.services,
            output,
            ["service", "state", "kind", "ready", "config", "image", "message"],
            lambda service: (
                service.name,
                service.state,
                service.kind,
                f"{service.ready}/{service.desired}" if service.desired or service.ready else "",
                service.config,
                ", ".join(service.images),
                service.message,
            ),
        )
    for card in _cards(status):
        print("\n".join(card_lines(card)))
    for service in status.services:
        if service.held:
            print(f"held: {service.name}: {', '.join(service.held)}")
        for notice in service.notices:
            print(f"notice: {service.name}: {notice}")
    for line in scaling_lines(status.services):
        print(line)
    print_drift(status)
    outdated = [service for service in status.services if service.outdated]
    for service in outdated:
        print(f"outdated: {service.name}: {service.outdated}")
    if outdated:
        print(f"`cantata app deploy {status.application.name} --outdated` deploys these.")


def _cards(status: ApplicationStatusInfo) -> Iterator[FailureCardInfo]:
    """Of the application as a whole, which its operation has, then of its services."""
    if status.operation is not None:
        yield from (card for card in status.operation.failures if not card.service)
    yield from (service.failure for service in status.services if service.failure is not None)


def _ready(status: ApplicationStatusInfo) -> str:
    ready = sum(service.state in ("ready", "paused") for service in status.services)
    return f"{ready}/{len(status.services)}" if status.services else ""
