"""`cantata app list`, `status`, `watch` and `history`: how applications fare, and fared."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.addresses import address_lines
from cantata.cli.application_show import pinned
from cantata.cli.cards_text import card_lines
from cantata.cli.drift_text import print_drift
from cantata.cli.options import Search
from cantata.cli.output import Output, age, print_data, print_list
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


async def list_(
    *,
    search: Search = "",
    template: Annotated[str, Parameter(help="Made of this template.")] = "",
    config: Annotated[str, Parameter(help="Made with this config.")] = "",
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


async def watch(name: str, *, output: Output = "table") -> None:
    """Show the live state of an application until Ctrl-C."""
    from cantata.cli.progress import watch as watch_application

    async with connect() as client:
        await client.applications.show(name)
        await watch_application(client, name, output)


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
            age(revision.created_at),
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
    print(f"{status.application.name}: {status.state}", end="")
    print(f", revision {status.revision}" if status.revision else "", end="")
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
