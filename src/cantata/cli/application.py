"""`cantata app`: applications, from their creation to their end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.application_show import pinned, print_application, show
from cantata.cli.inputs import ArgumentInvalid, parse_pinned, parse_version, read_by_service, read_text
from cantata.cli.output import Output, print_data, print_list, print_one
from cantata.cli.session import connect
from cantata.contract.states import ServiceState, UpdatePolicy

if TYPE_CHECKING:
    from cantata.client import Client
    from cantata.contract.applications import ApplicationStatusInfo
    from cantata.contract.operations import DeployedInfo, OperationInfo

CREATE_EXAMPLES = """Examples:
  cantata app create shop-dev --template shop --config shop-dev --create-namespace
  cantata app create shop-prod --template shop@3 --config shop-prod@prod-2026-11 --cluster prod"""
DEPLOY_EXAMPLES = """Examples:
  cantata app deploy shop-dev
  cantata app deploy shop-dev web catalog
  cantata app deploy shop-dev --outdated"""

app = App(name="app", help="Applications: create, preview, deploy, roll back, watch.")
app.command(show)

Services = Annotated[list[str] | None, Parameter(help="Only these services; by default all.", negative="")]
Wait = Annotated[bool, Parameter(help="Wait until it has ended, showing its progress.")]
Seconds = Annotated[
    float | None, Parameter(name="--timeout", help="Seconds to wait; by default without end.")
]
Cause = Annotated[str, Parameter(name=["--message", "-m"], help="Why, for the history.")]
Overrides = Annotated[
    Path | None,
    Parameter(
        allow_leading_hyphen=True,
        help="A YAML file of values over template and config; `-` is standard input.",
    ),
]
ServiceOverrides = Annotated[
    list[str] | None,
    Parameter(help="SERVICE=FILE: values for one service alone.", negative="", consume_multiple=False),
]
Delivery = Annotated[
    Path | None,
    Parameter(
        allow_leading_hyphen=True,
        help="A YAML file of what the application adds to the template's `delivery:`, by service; `-` is "
        "standard input.",
    ),
]


Updates = Annotated[
    UpdatePolicy | None,
    Parameter(help="`auto` deploys the services that a new version of the config changes; `manual` tells."),
]


@app.command(help_epilogue=CREATE_EXAMPLES)
async def create(
    name: str,
    *,
    template: Annotated[str, Parameter(help="NAME follows its latest version, NAME@VERSION pins one.")],
    config: Annotated[
        str, Parameter(help="NAME follows its latest version, NAME@VERSION or NAME@TAG pins one.")
    ],
    cluster: str = "default",
    namespace: Annotated[str, Parameter(help="By default the application's name.")] = "",
    create_namespace: Annotated[bool, Parameter(negative="", help="Make it when it is missing.")] = False,
    release: Annotated[
        str, Parameter(help="The name that charts call the release; by default the application's.")
    ] = "",
    overrides: Overrides = None,
    service_overrides: ServiceOverrides = None,
    delivery: Delivery = None,
    updates: Updates = None,
    output: Output = "table",
) -> None:
    """Create an application: template + config + place. Nothing is deployed yet."""
    from cantata.contract.applications import ApplicationDraft

    template_name, template_version = parse_pinned(template)
    config_name, config_version = parse_version(config)
    draft = ApplicationDraft(
        name=name,
        template=template_name,
        config=config_name,
        template_version=template_version,
        config_version=config_version,
        cluster=cluster,
        namespace=namespace,
        release=release,
        create_namespace=create_namespace,
        overrides=read_text(overrides) if overrides else "",
        service_overrides=read_by_service(tuple(service_overrides or ())),
        delivery=read_text(delivery) if delivery else "",
        updates=updates or "manual",
    )
    async with connect() as client:
        print_application(await client.applications.create(draft), output)


@app.command
async def edit(
    name: str,
    *,
    template: Annotated[str, Parameter(help="NAME or NAME@VERSION.")] = "",
    config: Annotated[str, Parameter(help="NAME, NAME@VERSION or NAME@TAG.")] = "",
    create_namespace: Annotated[bool | None, Parameter(help="Whether to make a missing namespace.")] = None,
    overrides: Overrides = None,
    service_overrides: ServiceOverrides = None,
    delivery: Delivery = None,
    updates: Updates = None,
    output: Output = "table",
) -> None:
    """Change what an application is made of. What you do not name stays; the next deploy applies it."""
    import msgspec

    from cantata.contract.applications import ApplicationDraft

    async with connect() as client:
        found = await client.applications.show(name)
        draft = msgspec.convert(found, ApplicationDraft, from_attributes=True)
        if template:
            wanted, version = parse_pinned(template)
            draft = msgspec.structs.replace(draft, template=wanted, template_version=version)
        if config:
            wanted, pin = parse_version(config)
            draft = msgspec.structs.replace(draft, config=wanted, config_version=pin)
        if create_namespace is not None:
            draft = msgspec.structs.replace(draft, create_namespace=create_namespace)
        if overrides:
            draft = msgspec.structs.replace(draft, overrides=read_text(overrides))
        if service_overrides:
            texts = {**draft.service_overrides, **read_by_service(tuple(service_overrides))}
            kept = {service: text for service, text in texts.items() if text.strip()}
            draft = msgspec.structs.replace(draft, service_overrides=kept)
        if delivery:
            draft = msgspec.structs.replace(draft, delivery=read_text(delivery))
        if updates:
            draft = msgspec.structs.replace(draft, updates=updates)
        edited = await client.applications.edit(name, draft, expected=found.row_version)
    print_application(edited, output)


@app.command
async def preview(name: str, services: Services = None, *, output: Output = "table") -> None:
    """Show what a deploy would do, down to the fields. Nothing is changed."""
    async with connect() as client:
        plan = await client.applications.preview(name, services or ())
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
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Deploy all services, or those that you name. When nothing changed, nothing is done."""
    async with connect() as client:
        deployed = await client.applications.deploy(name, services or (), cause=message, outdated=outdated)
        await _follow(client, name, deployed, wait=wait, seconds=seconds, output=output)


@app.command
async def rollback(
    name: str,
    services: Services = None,
    *,
    to: Annotated[int | None, Parameter(help="The revision; by default the one before.")] = None,
    wait: Wait = True,
    seconds: Seconds = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Deploy an older revision again, its config included: all services, or those that you name."""
    async with connect() as client:
        deployed = await client.applications.rollback(name, to, services or (), cause=message)
        await _follow(client, name, deployed, wait=wait, seconds=seconds, output=output)


@app.command
async def status(name: str, *, output: Output = "table") -> None:
    """Show the live state of an application, service by service."""
    async with connect() as client:
        found = await client.applications.status(name)
    _print_status(found, output)


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


@app.command
async def delete(
    name: str,
    *,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="", help="Do not ask.")] = False,
    wait: Wait = True,
    seconds: Seconds = None,
    output: Output = "table",
) -> None:
    """Delete an application and all that it deployed. Claims, CRDs and namespaces stay."""
    if not yes:
        _confirm(name)
    async with connect() as client:
        operation = await client.applications.delete(name)
        await _finish(client, operation, wait=wait, seconds=seconds, output=output)


def _confirm(name: str) -> None:
    if not sys.stdin.isatty():
        raise ArgumentInvalid(f"deleting application {name} needs --yes where nobody can be asked")
    answer = input(f"Delete application {name} and all that it deployed? Type its name: ")
    if answer.strip() != name:
        raise ArgumentInvalid("that is not its name; nothing is deleted")


async def _follow(
    client: Client, name: str, deployed: DeployedInfo, *, wait: bool, seconds: float | None, output: Output
) -> None:
    """The rest of a deploy: wait for the operation if there is one, then show what stands there."""
    if deployed.operation is None:
        if output == "table":
            print(f"application {name}: nothing to do")
        else:
            print_data(deployed, output)
        return
    await _finish(client, deployed.operation, wait=wait, seconds=seconds, output=output)


async def _finish(
    client: Client, operation: OperationInfo, *, wait: bool, seconds: float | None, output: Output
) -> None:
    from cantata.cli.progress import wait_for

    ended = await wait_for(client, operation, seconds=seconds, output=output) if wait else operation
    rows = [
        ("application", ended.application),
        ("operation", ended.id),
        (ended.verb, ended.state),
        ("revision", ended.revision or ""),
    ]
    print_one(ended, output, rows)


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
    for service in status.services:
        for notice in service.notices:
            print(f"notice: {service.name}: {notice}")
    outdated = [service for service in status.services if service.outdated]
    for service in outdated:
        print(f"outdated: {service.name}: {service.outdated}")
    if outdated:
        print(f"`cantata app deploy {status.application.name} --outdated` deploys these.")


def _ready(status: ApplicationStatusInfo) -> str:
    ready = sum(service.state in ("ready", "paused") for service in status.services)
    return f"{ready}/{len(status.services)}" if status.services else ""
