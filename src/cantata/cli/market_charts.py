"""`cantata market search` and `show`: charts of the repositories."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.options import Limit, newest
from cantata.cli.output import Output, print_list, print_one
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.market import ChartInfo, FoundChartInfo

SEARCH_EXAMPLES = """Examples:
  cantata market search postgres
  cantata market search message queue --versions"""
SHOW_EXAMPLES = """Examples:
  cantata market show bitnami/redis --version '^18'
  cantata market show oci://registry.example.org/charts/shop:1.4.0 --values"""

Reference = Annotated[
    str,
    Parameter(
        name="chart", help="REPOSITORY/CHART, or oci://host/path/chart with :TAG or @sha256:… behind it."
    ),
]
Version = Annotated[str, Parameter(help="One, or a range such as '^1.2'; by default the newest stable one.")]
SHOWN = 8
"""So many versions are named."""


async def search(
    words: Annotated[
        list[str] | None, Parameter(help="Each must be part of name, description, keywords or maintainers.")
    ] = None,
    *,
    repository: Annotated[str, Parameter(name=["--repository", "-r"], help="Of this one alone.")] = "",
    versions: Annotated[
        bool, Parameter(name=["--versions", "-l"], negative="", help="All versions, a line each.")
    ] = False,
    limit: Limit = 50,
    output: Output = "table",
) -> None:
    """Search the charts of all repositories, the best first."""
    async with connect() as client:
        found = await newest(
            client.market.search(words or [], repository=repository, versions=versions), limit
        )
    if not found and output == "table":
        print("no chart has all these words; `cantata market list` shows the repositories", file=sys.stderr)
    if not versions or output != "table":
        print_list(found, output, HEADERS, _row)
        return
    print_list(_by_version(found), output, HEADERS, _row)


HEADERS = ["chart", "version", "app version", "description"]


def _by_version(found: list[FoundChartInfo]) -> list[FoundChartInfo]:
    import msgspec

    return [
        msgspec.structs.replace(
            chart, version=each.version, app_version=each.app_version, deprecated=each.deprecated
        )
        for chart in found
        for each in chart.versions
    ]


def _row(chart: FoundChartInfo) -> tuple[str, ...]:
    description = f"DEPRECATED {chart.description}" if chart.deprecated else chart.description
    name = f"{chart.repository}/{chart.name}"
    return name, chart.version, chart.app_version, " ".join(description.split())


async def show(
    reference: Reference,
    *,
    version: Version = "",
    values: Annotated[bool, Parameter(negative="", help="Print its values.yaml alone.")] = False,
    readme: Annotated[bool, Parameter(negative="", help="Print its README alone.")] = False,
    output: Output = "table",
) -> None:
    """Show a chart: what it is, who stands behind it, what it depends on."""
    async with connect() as client:
        chart = await client.market.show(reference, version)
    if values or readme:
        print((chart.values if values else chart.readme).rstrip("\n"))
        return
    print_one(chart, output, _rows(chart))
    if output == "table":
        print(f"\n--values and --readme print these; `cantata template import NAME {reference}` imports it.")


def _rows(chart: ChartInfo) -> list[tuple[str, object]]:
    versions = [each.version for each in chart.versions]
    more = f" and {len(versions) - SHOWN} more" if len(versions) > SHOWN else ""
    return [
        ("chart", f"{chart.name} {chart.version}"),
        ("description", chart.description),
        ("deprecated", "yes, nobody looks after it any more" if chart.deprecated else ""),
        ("app version", chart.app_version),
        ("repository", chart.repository),
        ("versions", ", ".join(versions[:SHOWN]) + more),
        ("keywords", ", ".join(chart.keywords)),
        ("home", chart.home),
        ("sources", _lines(chart.sources)),
        ("icon", chart.icon if not chart.icon.startswith("data:") else "inside the chart"),
        ("licence", chart.licence),
        ("kubernetes", chart.kube_version),
        ("maintainers", _lines(_person(each.name, each.email or each.url) for each in chart.maintainers)),
        (
            "depends on",
            _lines(
                f"{each.alias or each.name} {each.version} {each.repository}" for each in chart.dependencies
            ),
        ),
        ("origin", chart.origin),
        ("digest", chart.digest),
        ("manifest", chart.manifest),
        ("provenance", "given; its signature was not checked" if chart.provenance else "none"),
        ("signatures", _lines(f"{each}, not checked" for each in chart.signatures)),
        ("files", len(chart.files)),
    ]


def _lines(texts: Iterable[str]) -> str:
    """One beside its name, several below it."""
    each = [text.rstrip() for text in texts]
    return each[0] if len(each) == 1 else "".join(f"\n  {text}" for text in each)


def _person(name: str, where: str) -> str:
    return f"{name} <{where}>" if where else name
