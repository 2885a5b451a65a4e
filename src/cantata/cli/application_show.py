"""`cantata app show`: what an application is made of."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from cantata.cli.output import Output, print_one
from cantata.cli.session import connect

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


def print_application(application: ApplicationInfo, output: Output) -> None:
    rows = (
        ("application", application.name),
        ("template", pinned(application.template, application.template_version)),
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
