"""Answers on standard output: a table for people, JSON or YAML for programs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
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
    """Columns of text, the headers in capitals unless they are names. On a terminal the states have colours
    and long cells are cut to its width; in a pipe no line is cut or wrapped."""
    heads = [header.upper() if capitals else header for header in headers]
    terminal = sys.stdout.isatty()
    if terminal:
        rows = fitted(heads, rows, shutil.get_terminal_size().columns)
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    print(GAP.join(cell.ljust(width) for cell, width in zip(heads, widths, strict=True)).rstrip())
    for row in rows:
        cells = [
            _paint(cell, width) if terminal else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ]
        print(GAP.join(cells).rstrip())


GAP = "  "
NARROWEST = 12
"""A column that is no wider is not cut."""

CUT_IN_FRONT = ("IMAGE",)
"""Columns whose cells tell most at their ends."""


def fitted(heads: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[list[str]]:
    """The rows, with the cells of the widest columns cut as far as lines of this width need."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    floors = [max(len(head), NARROWEST) for head in heads]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    while excess > 0:
        at = max(range(len(widths)), key=lambda column: widths[column] - floors[column])
        if widths[at] <= floors[at]:
            break
        widths[at] -= 1
        excess -= 1
    return [list(map(_cut, row, widths, heads)) for row in rows]


def _cut(cell: str, width: int, head: str) -> str:
    if len(cell) <= width:
        return cell
    return f"…{cell[1 - width :]}" if head in CUT_IN_FRONT else f"{cell[: width - 1]}…"


AGES = ((60, 1, "s"), (3600, 60, "m"), (86400, 3600, "h"), (30 * 86400, 86400, "d"))
"""Below how many seconds an age is told in which unit, as kubectl abbreviates them."""


def age(at: str, now: datetime | None = None) -> str:
    """How long ago a time of the API was, for tables; after a month the day."""
    if not at:
        return ""
    then = datetime.fromisoformat(at)
    seconds = max(((now or datetime.now(UTC)) - then).total_seconds(), 0)
    for below, unit, letter in AGES:
        if seconds < below:
            return f"{int(seconds // unit)}{letter} ago"
    return then.date().isoformat()


ANSI = {"green": 32, "yellow": 33, "magenta": 35, "red": 31, "blue": 34}


def _paint(cell: str, width: int) -> str:
    colour = COLOURS.get(cell)
    padded = cell.ljust(width)
    return f"\x1b[{ANSI[colour]}m{padded}\x1b[0m" if colour else padded
