"""Changes of values and fields as lines for people: one after the other, or side by side."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cantata.contract.plans import MASK

Lines = Iterator[str]

LONGEST = 120
"""Of a value, in letters."""

ABSENT = "(absent)"


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
    """What is too long for a line is told by those of its parts that differ."""
    old, new = change.old, change.new
    if is_text(old) and is_text(new):
        yield f"{change.path}:{more}"
        yield from (f"  {line}" for line in _unified(old.splitlines(), new.splitlines()))
    elif old == new == MASK:
        yield f"{change.path}: {MASK} (another one){more}"
    elif inner := _parts(change.path, old, new):
        yield from (line for part in inner for line in one_change(part, more))
    elif isinstance(old, list) and isinstance(new, list) and _long(old, new):
        yield f"{change.path}:{more}"
        yield from (
            f"  {line}" for line in _unified(*([_shown(item) for item in side] for side in (old, new)))
        )
    else:
        left, right = _cut(_shown(old), _shown(new))
        yield f"{change.path}: {left} → {right}{more}"


@dataclass(frozen=True, slots=True)
class _Part:
    path: str
    old: Any
    new: Any


def _parts(path: str, old: Any, new: Any) -> list[_Part]:
    """What differs inside of two maps, or of two lists of as many maps; nothing where that is no help."""
    if not _long(old, new):
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(f"{path}.{key}", old.get(key), new.get(key)) for key in (old | new)]
    elif _maps(old) and _maps(new) and len(old) == len(new):
        pairs = [(f"{path}[{at}]", *pair) for at, pair in enumerate(zip(old, new, strict=True))]
    else:
        return []
    return [_Part(*pair) for pair in pairs if pair[1] != pair[2]]


def _maps(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _long(*values: Any) -> bool:
    return any(len(_shown(value)) > LONGEST for value in values)


def _unified(old: list[str], new: list[str]) -> list[str]:
    return list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]


def _cut(old: str, new: str) -> tuple[str, str]:
    """Around where they begin to differ, so that the difference is seen."""
    pairs = zip(old, new, strict=False)
    common = next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(old), len(new)))
    begin = max(common - LONGEST // 2, 0) if max(len(old), len(new)) > LONGEST else 0
    left, right = (f"{'…' if begin else ''}{side[begin:]}" for side in (old, new))
    return _shortened(left), _shortened(right)


def side_by_side(changes: Sequence[Change], width: int) -> Lines:
    """The path, and below it the old value on the left and the new one on the right. `width` is that of a
    line."""
    column = max((width - 3) // 2, 10)
    for change in changes:
        yield change.path
        if change.old == change.new == MASK:
            yield f"{MASK:<{column}} | {MASK} (another one)"
            continue
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
        return [ABSENT]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    wrapped = (textwrap.wrap(line, width, replace_whitespace=False) or [""] for line in text.splitlines())
    return [line for lines in wrapped for line in lines] or ['""']


def is_text(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value.strip("\n")


def value_text(value: Any) -> str:
    return _shortened(_shown(value))


def _shown(value: Any) -> str:
    return ABSENT if value is None else json.dumps(value, ensure_ascii=False)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
