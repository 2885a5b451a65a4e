"""`cantata template list`, `show`, `variables`, `history`; `delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.inputs import parse_template
from cantata.cli.options import Search
from cantata.cli.output import Output, age, print_data, print_list, print_one
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.market import ChartSourceInfo, PinInfo

Versioned = Annotated[str, Parameter(help="NAME for the latest version, NAME@VERSION by number or semantic.")]


def _short(digest: str) -> str:
    """As long as people compare them."""
    return digest.removeprefix("sha256:")[:12]


if TYPE_CHECKING:
    from cantata.contract.templates import TemplateInfo


def deprecated_word(name: str, message: str | None) -> str:
    """Empty while the template is not deprecated."""
    return "" if message is None else f"template {name} is deprecated" + (f": {message}" if message else "")


async def list_(*, search: Search = "", output: Output = "table") -> None:
    """List templates by name."""
    async with connect() as client:
        templates = [template async for template in client.templates.list(search)]
    print_list(
        templates,
        output,
        ["name", "latest", "version", "newer", "digest", "created", "description"],
        lambda template: (
            template.name,
            template.latest,
            template.version,
            template.newer,
            _short(template.digest),
            age(template.created_at),
            template.description if template.deprecated is None else _deprecated(template),
        ),
    )


def _deprecated(template: TemplateInfo) -> str:
    return f"deprecated{': ' if template.deprecated else ''}{template.deprecated}"


async def show(
    name: Versioned,
    *,
    output: Output = "table",
) -> None:
    """Show a version of a template."""
    async with connect() as client:
        found = await client.templates.show(*parse_template(name))
    rows = [
        ("template", f"{found.template}@{found.number}"),
        ("deprecated", None if found.deprecated is None else found.deprecated or "yes"),
        ("version", found.chart_version),
        ("chart", found.chart),
        ("app version", found.app_version),
        ("digest", found.digest),
        ("origin", found.origin),
        *(_source_rows(found.source) if found.source else []),
        ("author", found.author),
        ("created", found.created_at),
        ("files", "\n" + "\n".join(f"  {file}" for file in found.files)),
    ]
    print_one(found, output, rows)


def _source_rows(source: ChartSourceInfo) -> list[tuple[str, object]]:
    return [
        ("from", f"{source.origin}{', edited since' if source.edited else ''}"),
        ("archive", source.digest),
        ("manifest", source.manifest),
        ("with", "".join(f"\n  {_pin_line(pin)}" for pin in source.pins)),
        ("provenance", "given; its signature was not checked" if source.provenance else ""),
        ("signatures", "".join(f"\n  {each}, not checked" for each in source.signatures)),
        ("newer", source.newer),
    ]


def _pin_line(pin: PinInfo) -> str:
    where = "/".join((*pin.path, pin.alias or pin.name))
    return " ".join(filter(None, (where, pin.version, pin.repository, pin.digest)))


async def variables(
    name: Versioned,
    *,
    output: Output = "table",
) -> None:
    """List the values that the templates read, and what is odd about them."""
    async with connect() as client:
        found = await client.templates.variables(*parse_template(name))
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
        ["number", "version", "digest", "chart", "author", "created", "origin"],
        lambda version: (
            version.number,
            version.chart_version,
            _short(version.digest),
            version.chart,
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
