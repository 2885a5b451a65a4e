"""`cantata template list`, `show`, `variables`, `history`; `delete`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from cantata.cli.options import Search
from cantata.cli.output import Output, age, print_data, print_list, print_one
from cantata.cli.session import connect


async def list_(*, search: Search = "", output: Output = "table") -> None:
    """List templates by name."""
    async with connect() as client:
        templates = [template async for template in client.templates.list(search)]
    print_list(
        templates,
        output,
        ["name", "latest", "created", "description"],
        lambda template: (template.name, template.latest, age(template.created_at), template.description),
    )


async def show(
    name: str,
    *,
    version: Annotated[int | None, Parameter(help="Which one; by default the latest.")] = None,
    output: Output = "table",
) -> None:
    """Show a version of a template."""
    async with connect() as client:
        found = await client.templates.show(name, version)
    rows = [
        ("template", f"{found.template}@{found.number}"),
        ("chart", f"{found.chart} {found.chart_version}"),
        ("app version", found.app_version),
        ("digest", found.digest),
        ("origin", found.origin),
        ("author", found.author),
        ("created", found.created_at),
        ("files", "\n" + "\n".join(f"  {file}" for file in found.files)),
    ]
    print_one(found, output, rows)


async def variables(
    name: str,
    *,
    version: Annotated[int | None, Parameter(help="Which one; by default the latest.")] = None,
    output: Output = "table",
) -> None:
    """List the values that the templates read, and what is odd about them."""
    async with connect() as client:
        found = await client.templates.variables(name, version)
    if output != "table":
        print_data(found, output)
        return
    from cantata.cli.variables_text import finding_lines, print_variables, unknown_lines

    print_variables(found.variables)
    for line in (*unknown_lines(found.unknown), *finding_lines(found.findings)):
        print(line)


async def history(name: str, *, output: Output = "table") -> None:
    """List the versions of a template, newest first."""
    async with connect() as client:
        versions = [version async for version in client.templates.history(name)]
    print_list(
        versions,
        output,
        ["version", "chart", "author", "created", "origin"],
        lambda version: (
            version.number,
            f"{version.chart} {version.chart_version}",
            version.author,
            age(version.created_at),
            version.origin,
        ),
    )


async def delete(name: str) -> None:
    """Delete a template that nobody uses."""
    async with connect() as client:
        await client.templates.delete(name)
    print(f"template {name} deleted")
