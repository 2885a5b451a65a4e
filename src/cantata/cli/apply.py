"""`cantata apply`: make the project hold what declarative files say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.output import Output, print_data, print_table
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.config_history import KeyChangeInfo, ValueInfo
    from cantata.contract.declarations import AppliedInfo, ApplyInfo

SIGNS = {"added": "+", "removed": "-", "changed": "~"}


async def apply(
    *,
    file: Annotated[
        tuple[Path, ...],
        Parameter(
            name=["--file", "-f"],
            allow_leading_hyphen=True,
            negative="",
            help="YAML documents: a file, a folder, or `-` for standard input; or a chart, packed or not. "
            "May be given several times.",
        ),
    ],
    recursive: Annotated[
        bool,
        Parameter(name=["--recursive", "-R"], negative="", help="Look into the folders of a folder too."),
    ] = False,
    dry_run: Annotated[
        bool, Parameter(negative="", help="Show what would be, key by key; store nothing.")
    ] = False,
    prune: Annotated[
        bool,
        Parameter(negative="", help="Delete what has the labels of --selector and is declared in no file."),
    ] = False,
    selector: Annotated[
        str, Parameter(name=["--selector", "-l"], help="Labels for --prune, such as app=shop.")
    ] = "",
    output: Output = "table",
) -> None:
    """Create and change what the files declare: all of it, or nothing where one is wrong."""
    from cantata.cli.declared_files import read_declared, read_referenced

    if prune != bool(selector):
        raise ArgumentInvalid(
            "--prune needs a --selector, and --selector is for --prune",
            hint="Such as --prune -l app=shop: only what has that label is deleted.",
        )
    texts = read_declared(file, recursive=recursive)
    async with connect() as client:
        charts: dict[str, bytes] = {}
        if any("documentFile" in text or "chart" in text for text in texts.values()):
            missing = await client.declarations.references(texts)
            found, charts = read_referenced(texts, missing)
            texts |= found
        applied = await client.declarations.apply(
            texts, dry_run=dry_run, prune=selector if prune else None, charts=charts
        )
    if output == "table":
        _print(applied)
    else:
        print_data(applied, output)


def _print(applied: ApplyInfo) -> None:
    word = "WOULD BE" if applied.dry_run else "RESULT"
    rows = [
        [each.kind, each.name, each.outcome, str(each.version or ""), ", ".join(each.fields)]
        for each in applied.documents
    ]
    print_table(["kind", "name", word, "version", "what"], rows)
    if applied.dry_run:
        for each in applied.documents:
            print("\n".join(_lines(each)), end="\n" if each.changes else "")


def _lines(applied: AppliedInfo) -> Iterator[str]:
    if applied.changes:
        yield f"{applied.kind} {applied.name}"
    for change in applied.changes:
        yield f"  {SIGNS[change.kind]} {change.key}: {_change(change)}"


def _change(change: KeyChangeInfo) -> str:
    both = [each for each in (change.old, change.new) if each is not None]
    if len(both) == 2 and all(each.secret for each in both):
        return "the secret is another one"
    return " → ".join(map(_value, both))


def _value(value: ValueInfo) -> str:
    """As JSON on one line; a masked one as it is."""
    import json

    text = str(value.value) if value.secret else json.dumps(value.value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"
