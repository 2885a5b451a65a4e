"""The defaults of a chart, asked by path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cantata.core.config import Path
from cantata.core.config.document import same_value
from cantata.core.values import Layer, Leaf, effective


class Defaults:
    """`leaves` are those of values.yaml, in its order."""

    def __init__(self, chart: Layer) -> None:
        self.leaves: tuple[Leaf, ...] = effective([chart]).leaves
        self._leaves = {leaf.path: leaf for leaf in self.leaves}
        self._below: dict[Path, list[Leaf]] = {}
        for leaf in self.leaves:
            for length in range(len(leaf.path)):
                self._below.setdefault(leaf.path[:length], []).append(leaf)

    def at(self, path: Path) -> Leaf | None:
        """The default at a path; of a map that has keys a leaf with the whole of it."""
        below = self._below.get(path)
        if below is None:
            return self._leaves.get(path)
        value: dict[str, Any] = {}
        for leaf in below:
            inner = value
            *above, last = leaf.path[len(path) :]
            for part in above:
                inner = inner.setdefault(part, {})
            inner.setdefault(last, leaf.value)
        return replace(below[0], path=path, text="", value=value)

    def is_map(self, path: Path) -> bool:
        """Whether it is one, with keys or without."""
        leaf = self._leaves.get(path)
        return path in self._below or (leaf is not None and leaf.value == {})

    def holder(self, path: Path) -> Leaf | None:
        """The list or scalar that stands where the path would go through."""
        for length in range(len(path) - 1, 0, -1):
            leaf = self._leaves.get(path[:length])
            if leaf is not None and leaf.value is not None and leaf.value != {}:
                return leaf
        return None

    def under(self, path: Path) -> Iterator[Leaf]:
        yield from self._below.get(path, ())


def same(one: Leaf | None, other: Leaf | None) -> bool:
    """Equal in type and, as services may get them as text, in how they are written, at one path. A secret is
    equal to nothing: that would tell what it is."""
    if one is None or other is None:
        return one is other
    if one.secret or other.secret or one.path != other.path or type(one.value) is not type(other.value):
        return False
    if isinstance(one.value, dict | list) or one.value is None:
        return same_value(one.value, other.value)
    return one.text == other.text and same_value(one.value, other.value)


def kind_of(value: Any) -> str:
    """The word for a value's type; integers and other numbers are one."""
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "number", float: "number", list: "list", dict: "map", type(None): "null"}
    return kinds.get(type(value), "string")
