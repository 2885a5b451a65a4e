"""Answers on standard output: a table for people, JSON or YAML for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from cyclopts import Parameter

T = TypeVar("T")

Format = Literal["table", "json", "yaml"]
Output = Annotated[Format, Parameter(name=["--output", "-o"], help="How to print the answer.")]

COLOURS = {
    "ready": "green",
    "succeeded": "green",
    "deployed": "green",
    "progressing": "yellow",
    "pending": "yellow",
    "running": "yellow",
    "queued": "yellow",
    "degraded": "magenta",
    "failed": "red",
    "unknown": "red",
    "deleting": "blue",
}
"""States that stand out on a terminal."""


def print_list(
    items: Sequence[T], output: Format, headers: Sequence[str], row: Callable[[T], Iterable[object]]
) -> None:
    """A row for each item; for programs the list itself."""
    if output == "table":
        print_table(headers, [[str(cell) for cell in row(item)] for item in items])
    else:
        print_data(items, output)


def print_one(item: msgspec.Struct, output: Format, rows: Iterable[tuple[str, object]]) -> None:
    """A line for each fact that is not empty; for programs the item itself."""
    if output == "table":
        shown = [(name, str(value)) for name, value in rows if value not in (None, "", ())]
        width = max((len(name) for name, _ in shown), default=0)
        for name, value in shown:
            print(f"{name:<{width}}  {value}")
    else:
        print_data(item, output)


def print_data(value: Any, output: Literal["json", "yaml"]) -> None:
    data = msgspec.to_builtins(value)
    if output == "json":
        print(msgspec.json.format(msgspec.json.encode(data)).decode())
        return
    from cantata.cli.yaml_text import yaml_text

    sys.stdout.write(yaml_text(data))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, capitals: bool = True) -> None:
    """Columns of text, the headers in capitals unless they are names. On a terminal the states have colours;
    in a pipe no line is cut or wrapped."""
    widths = [max(len(cell) for cell in column) for column in zip(headers, *rows, strict=True)]
    heads = [header.upper() if capitals else header for header in headers]
    print("  ".join(cell.ljust(width) for cell, width in zip(heads, widths, strict=True)).rstrip())
    colours = sys.stdout.isatty()
    for row in rows:
        cells = [
            _paint(cell, width) if colours else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ]
        print("  ".join(cells).rstrip())


ANSI = {"green": 32, "yellow": 33, "magenta": 35, "red": 31, "blue": 34}


def _paint(cell: str, width: int) -> str:
    colour = COLOURS.get(cell)
    padded = cell.ljust(width)
    return f"\x1b[{ANSI[colour]}m{padded}\x1b[0m" if colour else padded
