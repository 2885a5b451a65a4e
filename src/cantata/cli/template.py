"""`cantata template`: charts that describe many services at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.options import Search
from cantata.cli.output import Output, age, print_data, print_list, print_one
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.templates import ImportedInfo

FEW = 5
"""So many findings are printed after an import."""

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
        ("findings", _findings_word(imported, name)),
    ]
    print_one(imported, output, rows)


def _findings_word(imported: ImportedInfo, name: str) -> str:
    """The findings themselves where they are few."""
    found = imported.findings
    if len(found) > FEW:
        return f"{len(found)} about its values; `cantata template variables {name}` shows them"
    from cantata.cli.variables_text import finding_lines

    return "".join(f"\n  {line}" for line in finding_lines(found))


@app.command(name="list")
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
            age(version.created_at),
            version.origin,
        ),
    )


@app.command
async def delete(name: str) -> None:
    """Delete a template that nobody uses."""
    async with connect() as client:
        await client.templates.delete(name)
    print(f"template {name} deleted")
