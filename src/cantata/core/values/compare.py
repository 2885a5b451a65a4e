"""Several effective configs side by side: which keys differ, and where each value comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cantata.core.config.diff import ValueType
from cantata.core.config.document import same_value
from cantata.core.values.layers import Leaf, Origin

FLOAT = re.compile(r"[-+0-9_.]*[.eE][-+0-9_.eE]*")


@dataclass(frozen=True, slots=True)
class Cell:
    """A key's value in one config; `value` and `text` are masked where it is secret. Cells of a row with the
    same `group` are equal, secrets too; it counts from 0 in the order of the columns."""

    value: Any
    text: str
    type: ValueType
    origin: Origin
    secret: bool
    group: int


@dataclass(frozen=True, slots=True)
class Row:
    """One key over all columns, None where a config does not have it."""

    key: str
    cells: tuple[Cell | None, ...]

    @property
    def differs(self) -> bool:
        return len({cell.group if cell is not None else None for cell in self.cells}) > 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """`equal` counts the keys that are the same everywhere; their rows are left out unless asked for."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    equal: int


def compare_configs(columns: Sequence[tuple[str, Sequence[Leaf]]], *, all_rows: bool = False) -> Comparison:
    """Each column is a label (`shop-dev@3`) and the effective leaves of a config, not masked. Keys are
    compared as services see them: `a.b` is the same key however it is written. Rows are in the order of the
    first column; what it does not have stands behind what it follows elsewhere.

    A scalar is equal in type and text, a list in value. A secret is never equal to what is none.
    """
    by_key = [{leaf.key: leaf for leaf in leaves} for _, leaves in columns]
    rows = [Row(key, tuple(_cells([each.get(key) for each in by_key]))) for key in _keys(by_key)]
    shown = [row for row in rows if all_rows or row.differs]
    equal = sum(not row.differs for row in rows)
    return Comparison(tuple(label for label, _ in columns), tuple(shown), equal)


def _keys(columns: Sequence[Mapping[str, Leaf]]) -> Iterator[str]:
    """All keys, each behind the one that it follows in the first column that has it."""
    behind: dict[str | None, list[str]] = {}
    seen: set[str] = set()
    for column in columns:
        known = frozenset(seen)
        previous: str | None = None
        for key in column:
            if key in known:
                previous = key
            else:
                behind.setdefault(previous, []).append(key)
                seen.add(key)
    waiting = list(reversed(behind.get(None, [])))
    while waiting:
        key = waiting.pop()
        yield key
        waiting += reversed(behind.get(key, []))


def _cells(leaves: Sequence[Leaf | None]) -> Iterator[Cell | None]:
    groups: list[Leaf] = []
    for leaf in leaves:
        if leaf is None:
            yield None
            continue
        group = next((index for index, other in enumerate(groups) if _same(leaf, other)), len(groups))
        if group == len(groups):
            groups.append(leaf)
        shown = leaf.masked()
        yield Cell(shown.value, str(shown.text), _type(leaf), leaf.origin, leaf.secret, group)


def _same(one: Leaf, other: Leaf) -> bool:
    if one.secret != other.secret or _type(one) != _type(other):
        return False
    if isinstance(one.value, dict | list) or one.value is None:
        return same_value(one.value, other.value)
    return one.text == other.text


def _type(leaf: Leaf) -> ValueType:
    value = leaf.value
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    if isinstance(value, int):
        # JSON does not tell 1.0 from 1; the text does.
        return ValueType.NUMBER if FLOAT.fullmatch(str(leaf.text)) else ValueType.INTEGER
    kinds = {float: ValueType.NUMBER, list: ValueType.LIST, dict: ValueType.MAP, type(None): ValueType.NULL}
    return kinds.get(type(value), ValueType.STRING)
