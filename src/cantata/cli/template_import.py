"""`cantata template import`: charts come in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.output import Output, print_one
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.templates import ImportedInfo

FEW = 5
"""So many findings are printed after an import."""


async def import_(
    name: str,
    path: Annotated[Path, Parameter(help="The folder of a chart, or its .tgz.")],
    *,
    description: Annotated[str, Parameter(help="What it is for; by default the chart's own words.")] = "",
    expect: Annotated[
        int | None,
        Parameter(help="The latest version as you know it: the import is refused if it is another."),
    ] = None,
    strict: Annotated[
        bool,
        Parameter(
            negative="", help="Refuse other content under a version of the chart that is there already."
        ),
    ] = False,
    output: Output = "table",
) -> None:
    """Import a chart as the next version of a template. Equal content makes no version."""
    from cantata.cli.chart_archive import read_chart

    archive = read_chart(path)
    async with connect() as client:
        imported = await client.templates.import_(
            name,
            archive,
            origin=path.name or str(path),
            description=description,
            expected=expect,
            strict=strict,
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
