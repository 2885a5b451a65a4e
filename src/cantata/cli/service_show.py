"""`cantata service list`, `show` and `history`."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.cards_text import card_lines
from cantata.cli.drift_text import drift_text
from cantata.cli.options import Application, OfApplication
from cantata.cli.output import Output, age, print_data, print_list, print_one
from cantata.cli.scaling_text import scaling_lines
from cantata.cli.session import connect
from cantata.contract.states import ServiceState

if TYPE_CHECKING:
    from cantata.contract.adjustments import AdjustmentsInfo
    from cantata.contract.services import ServiceInfo, ServiceRevisionInfo, ServiceRowInfo

ROW = ["application", "service", "state", "kind", "ready", "revision", "config", "image", "message"]
CHANGE = [
    "revision",
    "created",
    "author",
    "operation",
    "ended",
    "template",
    "config",
    "image",
    "changed",
    "cause",
]


async def list_(
    *,
    application: OfApplication = "",
    search: Annotated[str, Parameter(help="Part of application, name, kind, image or config.")] = "",
    state: ServiceState | None = None,
    kind: Annotated[str, Parameter(help="The kind of the workload, such as Deployment.")] = "",
    image: Annotated[str, Parameter(help="Part of an image.")] = "",
    config: Annotated[str, Parameter(help="A config that it is made with: NAME or NAME@VERSION.")] = "",
    output: Output = "table",
) -> None:
    """List the services of all applications, each with its state."""
    async with connect() as client:
        found = [
            row
            async for row in client.services.list(
                application=application, kind=kind, image=image, config=config, search=search, state=state
            )
        ]
    print_list(found, output, ROW, _row)


def _row(row: ServiceRowInfo) -> tuple[object, ...]:
    service = row.service
    return (
        row.application,
        service.name,
        service.state,
        service.kind,
        ready(service.ready, service.desired),
        service.revision,
        service.config,
        ", ".join(service.images),
        service.message,
    )


async def show(
    name: Application,
    service: str,
    *,
    variables: Annotated[bool, Parameter(negative="", help="And the values that it reads.")] = False,
    output: Output = "table",
) -> None:
    """Show one service: its state, what it runs, what is asked of it, its objects."""
    async with connect() as client:
        found = await client.services.show(name, service)
        read = await client.applications.variables(name, service) if variables else None
    if output != "table":
        print_data({"service": found, "variables": read.services[0]} if read else found, output)
        return
    _print_service(found)
    if read is not None:
        from cantata.cli.variables_text import print_services

        print()
        print_services(read.services)


async def history(
    name: Application,
    service: str,
    *,
    output: Output = "table",
) -> None:
    """List what ran as this service, newest first: when, from what, by whom, why, and how it ended."""
    async with connect() as client:
        found = [each async for each in client.services.history(name, service)]
    print_list(found, output, CHANGE, _change)


def _change(each: ServiceRevisionInfo) -> tuple[object, ...]:
    version, operation = each.version, each.operation
    return (
        each.number,
        age(each.created_at),
        each.author,
        operation.verb if operation else "",
        operation.state if operation else each.state,
        version.template_version if version else "",
        ", ".join(version.config) if version else "",
        ", ".join(version.images) if version else "",
        ", ".join(each.changes),
        each.cause,
    )


def _print_service(found: ServiceInfo) -> None:
    status, version = found.status, found.version
    rows = [
        ("service", f"{found.application}/{status.name}"),
        ("state", status.state),
        ("message", status.message),
        ("kind", status.kind),
        ("ready", ready(status.ready, status.desired)),
        ("image", ", ".join(status.images)),
        ("template version", version.template_version),
        ("config", ", ".join(version.config)),
        ("changed in revision", version.changed_in),
        ("depends on", ", ".join(status.depends_on)),
        ("asked for", ", ".join(adjusted(found.adjustments))),
        ("outdated", status.outdated),
        ("drifted", "; ".join(map(drift_text, status.drifted))),
    ]
    print_one(found, "table", rows)
    if found.overrides:
        print(f"\noverrides:\n{indent(found.overrides.rstrip(), '  ')}")
    if found.objects:
        print()
        print_list(
            found.objects,
            "table",
            ["object", "state", "message"],
            lambda each: (f"{each.key.kind}/{each.key.name}", each.state or "missing", each.message),
        )
    if status.failure is not None:
        print("\n".join(card_lines(status.failure)))
    for notice in status.notices:
        print(f"notice: {notice}")
    for line in scaling_lines([status]):
        print(line)


def adjusted(has: AdjustmentsInfo) -> list[str]:
    """What is asked of a service, in words."""
    told = (
        (has.undeployed, "undeployed"),
        (has.paused, "paused"),
        (has.replicas is not None, f"scaled to {has.replicas}"),
        (bool(has.restarted_at), f"restarted at {has.restarted_at}"),
        (bool(has.patches), f"{len(has.patches)} patch{'es' if len(has.patches) != 1 else ''}"),
    )
    return [words for is_so, words in told if is_so]


def ready(number: int, desired: int) -> str:
    return f"{number}/{desired}" if desired or number else ""
