"""Changes of values and fields as lines for people: one after the other, or side by side."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

Lines = Iterator[str]


class Change(Protocol):
    """What has a path and two sides, of which None is absent."""

    @property
    def path(self) -> str: ...
    @property
    def old(self) -> Any: ...
    @property
    def new(self) -> Any: ...


def change_lines(changes: Sequence[Change]) -> Lines:
    """Fields that change from the same to the same (the name of a config, in every variable) share a line;
    texts of several lines show which of them differ."""
    alike: dict[str, list[Change]] = {}
    for change in changes:
        alike.setdefault(json.dumps([change.old, change.new], sort_keys=True), []).append(change)
    for group in alike.values():
        more = f" (and {len(group) - 1} more fields alike)" if len(group) > 1 else ""
        yield from one_change(group[0], more)


def one_change(change: Change, more: str = "") -> Lines:
    old, new = change.old, change.new
    if is_text(old) and is_text(new):
        yield f"{change.path}:{more}"
        compared = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))
        yield from (f"  {line}" for line in compared[2:])
    elif old is None:
        yield f"{change.path}: {value_text(new)}{more}"
    elif new is None:
        yield f"{change.path}: {value_text(old)} → gone{more}"
    else:
        yield f"{change.path}: {value_text(old)} → {value_text(new)}{more}"


def side_by_side(changes: Sequence[Change], width: int) -> Lines:
    """The path, and below it the old value on the left and the new one on the right. `width` is that of a
    line."""
    column = max((width - 3) // 2, 10)
    for change in changes:
        yield change.path
        for left, right in _pairs(_lines(change.old, column), _lines(change.new, column)):
            sign = " " if left == right else "|"
            yield f"{left:<{column}} {sign} {right}".rstrip()


def _pairs(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Equal lines face each other."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, at, end, other, last in matcher.get_opcodes():
        for row in range(max(end - at, last - other)):
            left = old[at + row] if at + row < end else ""
            right = new[other + row] if other + row < last else ""
            yield left, right


def _lines(value: Any, width: int) -> list[str]:
    if value is None:
        return ["(absent)"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    wrapped = (textwrap.wrap(line, width, replace_whitespace=False) or [""] for line in text.splitlines())
    return [line for lines in wrapped for line in lines] or ['""']


def is_text(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.strip("\n")


def value_text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"
