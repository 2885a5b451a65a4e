"""`cantata template import`: charts come in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.output import Output, print_one
from cantata.cli.session import connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cantata.contract.findings import FindingInfo
    from cantata.contract.templates import ImportedInfo

FEW = 5
"""So many findings are printed after an import."""

IMPORT_EXAMPLES = """Examples:
  cantata template import shop examples/shop
  cantata template import redis bitnami/redis --version '^18'
  cantata template import shop oci://registry.example.org/charts/shop:1.4.0
  cantata template import redis --newest"""


async def import_(
    name: str,
    chart: Annotated[
        str,
        Parameter(
            help="The folder of a chart, its .tgz, REPOSITORY/CHART of the market, or oci://… of a registry."
        ),
    ] = "",
    *,
    version: Annotated[
        str,
        Parameter(help="Of the market: one, or a range such as '^1.2'; by default the newest stable one."),
    ] = "",
    newest: Annotated[
        bool, Parameter(negative="", help="The newest version of the chart that it came from.")
    ] = False,
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
    if newest == bool(chart):
        raise ArgumentInvalid(
            "name a chart, or --newest for the one that the template came from", hint=IMPORT_EXAMPLES
        )
    market = newest or _names_chart(chart)
    if version and not market:
        raise ArgumentInvalid("a version is chosen of a chart of the market", hint=IMPORT_EXAMPLES)
    if market:
        async with connect() as client:
            imported = await client.templates.import_from_market(
                name, chart, version, description=description, expected=expect, strict=strict
            )
    else:
        from cantata.cli.chart_archive import read_chart

        path = Path(chart)
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
    _print(imported, name, output)


def _names_chart(text: str) -> bool:
    """Whether a chart of the market is meant. As helm decides it: what is there as a file is meant, whatever
    the market has."""
    if text.startswith("oci://"):
        return True
    repository, _, chart = text.partition("/")
    looks = repository.strip(".~") and chart and "/" not in chart and not chart.endswith(".tgz")
    return bool(looks) and not Path(text).expanduser().exists()


def _print(imported: ImportedInfo, name: str, output: Output) -> None:
    version = imported.version
    source = version.source
    rows = [
        ("template", f"{version.template}@{version.number}" + ("" if imported.fresh else " (unchanged)")),
        ("chart", f"{version.chart} {version.chart_version}"),
        ("from", source.origin if source else ""),
        ("digest", source.digest if source else ""),
        (
            "with",
            ", ".join(f"{pin.alias or pin.name} {pin.version}" for pin in source.pins) if source else "",
        ),
        ("findings", findings_word(imported.findings, name)),
    ]
    print_one(imported, output, rows)


def findings_word(found: Sequence[FindingInfo], name: str) -> str:
    """The findings themselves where they are few; warnings always."""
    from cantata.cli.variables_text import finding_lines

    shown = found if len(found) <= FEW else [each for each in found if each.severity != "notice"]
    more = len(found) - len(shown)
    told = [*finding_lines(shown)]
    if more:
        told.append(f"{more} about its values; `cantata template variables {name}` shows them")
    return told[0] if more and len(told) == 1 else "".join(f"\n  {line}" for line in told)
