"""`cantata app show`, `variables` and `parity`: what an application is made of."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.options import Services
from cantata.cli.output import Output, print_data, print_one
from cantata.cli.session import connect
from cantata.cli.template_show import deprecated_word

if TYPE_CHECKING:
    from cantata.contract.applications import ApplicationInfo


async def show(name: str, *, output: Output = "table") -> None:
    """Show what an application is made of: template, config and place, its overrides and its delivery."""
    async with connect() as client:
        found = await client.applications.show(name)
    print_application(found, output)
    if output != "table":
        return
    texts = {
        "overrides": found.overrides,
        **{f"overrides of service {service}": text for service, text in found.service_overrides.items()},
        "delivery": found.delivery,
    }
    for title, text in texts.items():
        if text:
            print(f"\n{title}:\n{indent(text.rstrip(), '  ')}")


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


def print_application(application: ApplicationInfo, output: Output) -> None:
    rows = (
        ("application", application.name),
        ("template", pinned(application.template, application.template_version)),
        ("", deprecated_word(application.template, application.template_deprecated)),
        ("config", pinned(application.config, application.config_version)),
        ("cluster", application.cluster),
        ("namespace", application.namespace),
        ("release", application.release),
        ("updates", application.updates),
        ("drift", application.drift),
        ("drift except", ", ".join(application.drift_except)),
        ("overrides of", ", ".join(sorted(application.service_overrides))),
        ("delivery", "adds to the template's" if application.delivery else ""),
    )
    print_one(application, output, rows)


def pinned(name: str, version: int | None) -> str:
    return f"{name}@{version}" if version else name
