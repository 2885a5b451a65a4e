"""What differs between two config documents, key by key."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cantata.core.config.document import (
    ConfigDocument,
    ConfigLeaf,
    Path,
    SameSecret,
    never_same,
    same_value,
    value_at,
)


class ValueType(enum.StrEnum):
    """What a value is, in the words of JSON Schema but for `list` and `map`."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    LIST = "list"
    MAP = "map"


TYPES = {
    "!!int": ValueType.INTEGER,
    "!!float": ValueType.NUMBER,
    "!!bool": ValueType.BOOLEAN,
    "!!null": ValueType.NULL,
    "!!seq": ValueType.LIST,
    "!!map": ValueType.MAP,
}


class ChangeKind(enum.StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class LeafState:
    """A leaf on one side. `value` is JSON and `text` a scalar as written, both masked where it is secret."""

    value: Any
    text: str
    type: ValueType
    line: int
    column: int
    secret: bool


@dataclass(frozen=True, slots=True)
class KeyChange:
    """`old` is None where the key is new, `new` where it is gone. Of secrets only the fact is told."""

    path: Path
    kind: ChangeKind
    old: LeafState | None
    new: LeafState | None

    @property
    def key(self) -> str:
        return ".".join(self.path)

    @property
    def type_changed(self) -> bool:
        """Also where a secret becomes a plain value, or the other way round."""
        if self.old is None or self.new is None:
            return False
        return self.old.type != self.new.type or self.old.secret != self.new.secret


@dataclass(frozen=True, slots=True)
class ConfigDiff:
    """`changes` in the order of the new text, what is gone where it stood; `unchanged` counts the rest."""

    changes: tuple[KeyChange, ...]
    unchanged: int


def diff_documents(
    old: ConfigDocument, new: ConfigDocument, *, same_secret: SameSecret = never_same
) -> ConfigDiff:
    """By leaf. A scalar has changed when its type or its text has (`1.10` is not `1.1` in an environment), a
    list when its value has. A secret has changed when it is another reference or a new value; `same_secret`
    may know better. Null is null however it is written."""
    before = {leaf.path: leaf for leaf in old.leaves}
    changes: list[KeyChange] = []
    unchanged = 0
    for leaf, is_old in _in_order(old, new):
        path = leaf.path
        if is_old:
            changes.append(KeyChange(path, ChangeKind.REMOVED, leaf_state(leaf), None))
        elif path not in before:
            changes.append(KeyChange(path, ChangeKind.ADDED, None, leaf_state(leaf)))
        elif same_leaf(old, new, path, before[path], leaf, same_secret):
            unchanged += 1
        else:
            states = leaf_state(before[path]), leaf_state(leaf)
            changes.append(KeyChange(path, ChangeKind.CHANGED, *states))
    return ConfigDiff(tuple(changes), unchanged)


def _in_order(old: ConfigDocument, new: ConfigDocument) -> Iterator[tuple[ConfigLeaf, bool]]:
    """The new leaves, and behind the one that they followed those that are gone, which are marked."""
    present = {leaf.path for leaf in new.leaves}
    gone: dict[Path, list[ConfigLeaf]] = {}
    previous: Path = ()
    for leaf in old.leaves:
        if leaf.path in present:
            previous = leaf.path
        else:
            gone.setdefault(previous, []).append(leaf)
    yield from ((leaf, True) for leaf in gone.get((), ()))
    for leaf in new.leaves:
        yield leaf, False
        yield from ((removed, True) for removed in gone.get(leaf.path, ()))


def leaf_state(leaf: ConfigLeaf) -> LeafState:
    type_ = TYPES.get(leaf.tag, ValueType.STRING)
    return LeafState(leaf.value, leaf.text, type_, leaf.line, leaf.column, leaf.secret)


def same_leaf(
    old: ConfigDocument,
    new: ConfigDocument,
    path: Path,
    before: ConfigLeaf,
    after: ConfigLeaf,
    same_secret: SameSecret = never_same,
) -> bool:
    """Whether the leaves of two documents at one path say the same."""
    if TYPES.get(before.tag) != TYPES.get(after.tag):
        return False
    if before.tag == "!!null":
        return True
    if not before.secret and not after.secret:
        return before.text == after.text and same_value(before.value, after.value)
    return same_value(value_at(old.value, path), value_at(new.value, path), same_secret)
