"""`cantata template`: charts that describe many services at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cantata.cli.output import Output, print_list, print_one
from cantata.cli.session import connect

app = App(name="template", help="Templates: charts that describe many services at once.")


@app.command(name="import")
async def import_(
    name: str,
    path: Annotated[Path, Parameter(help="The folder of a chart, or its .tgz.")],
    *,
    description: Annotated[str, Parameter(help="What it is for; by default the chart's own words.")] = "",
    output: Output = "table",
) -> None:
    """Import a chart as the next version of a template. Equal content makes no version."""
    from cantata.cli.chart_archive import read_chart

    archive = read_chart(path)
    async with connect() as client:
        imported = await client.templates.import_(
            name, archive, origin=path.name or str(path), description=description
        )
    version = imported.version
    rows = [
        ("template", f"{version.template}@{version.number}" + ("" if imported.fresh else " (unchanged)")),
        ("chart", f"{version.chart} {version.chart_version}"),
    ]
    print_one(imported, output, rows)


@app.command(name="list")
async def list_(*, search: str = "", output: Output = "table") -> None:
    """List templates by name."""
    async with connect() as client:
        templates = [template async for template in client.templates.list(search)]
    print_list(
        templates,
        output,
        ["name", "latest", "created", "description"],
        lambda template: (template.name, template.latest, template.created_at, template.description),
    )


@app.command
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


@app.command
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
            version.created_at,
            version.origin,
        ),
    )


@app.command
async def delete(name: str) -> None:
    """Delete a template that nobody uses."""
    async with connect() as client:
        await client.templates.delete(name)
    print(f"template {name} deleted")
