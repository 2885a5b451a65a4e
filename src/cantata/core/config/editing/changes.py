"""Changes of single keys: what may be asked of a text, and whether an edit did that and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cantata.core.config.document import MAX_DEPTH, ConfigDocument, Path, Secret, same_value
from cantata.core.config.errors import ConfigChangeInvalid, ConfigEditImpossible
from cantata.core.config.secret_text import SecretText
from cantata.errors import Place


@dataclass(frozen=True, slots=True)
class SetKey:
    """`value_text` is one YAML value: `3`, `"a b"`, `[1, 2]`, or lines of a map, a list or a block scalar.
    For a JSON value take `yaml_scalar`, so that its type stays."""

    path: Path
    value_text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetSecret:
    path: Path
    value: SecretText


@dataclass(frozen=True, slots=True)
class RemoveKey:
    path: Path


Change = SetKey | SetSecret | RemoveKey
"""A path goes through maps by key and through lists by index; the index behind the last item appends. All
changes of one edit mean the text before it: indexes do not move."""

Changes = dict[str, "Changes | Change"]
"""Changes by the parts of their paths."""


def change_tree(changes: Sequence[Change], *, name: str) -> Changes:
    """Raises `ConfigChangeInvalid` for an empty or too deep path, and where one change is inside another."""
    tree: Changes = {}
    for change in changes:
        if not change.path or len(change.path) > MAX_DEPTH:
            raise invalid(change, "has no key" if not change.path else f"is deeper than {MAX_DEPTH}", name)
        branch = tree
        for part in change.path[:-1]:
            inner = branch.setdefault(part, {})
            if not isinstance(inner, dict):
                raise invalid(change, "is inside another change", name)
            branch = inner
        if branch.setdefault(change.path[-1], change) is not change:
            raise invalid(change, "is changed twice, or something in it", name)
    return tree


def leaves_of(tree: Changes | Change) -> Iterator[Change]:
    if not isinstance(tree, dict):
        yield tree
        return
    for inner in tree.values():
        yield from leaves_of(inner)


def invalid(change: Change, trouble: str, name: str, place: tuple[int, int] = (0, 0)) -> ConfigChangeInvalid:
    key = ".".join(change.path)
    return ConfigChangeInvalid(
        f"the key {key} {trouble}" if key else f"the change {trouble}",
        subject=f"config {name}",
        hint="Correct the change, or edit the text.",
        place=Place(f"config {name}", *place, key),
    )


def impossible(
    change: Change, trouble: str, name: str, place: tuple[int, int] = (0, 0)
) -> ConfigEditImpossible:
    key = ".".join(change.path)
    return ConfigEditImpossible(
        f"the key {key} cannot be changed by itself: {trouble}",
        subject=f"config {name}",
        hint="Edit the text of the config instead.",
        place=Place(f"config {name}", *place, key),
    )


def find_path(document: ConfigDocument, key: str) -> Path:
    """The path that a key such as `db.host` means in this document. What is there is found, keys written with
    dots among it (the longest first); the rest of a new key is cut at its dots."""
    value: Any = document.value
    path: Path = ()
    rest = key
    while rest:
        parts = rest.split(".")
        for length in range(len(parts), 0, -1):
            part = ".".join(parts[:length])
            if _has(value, part):
                value = value[part] if isinstance(value, dict) else value[int(part)]
                path, rest = (*path, part), ".".join(parts[length:])
                break
        else:
            return (*path, *parts)
    return path


def _has(value: Any, part: str) -> bool:
    if isinstance(value, list):
        return part.isascii() and part.isdigit() and len(part) < 10 and int(part) < len(value)
    return isinstance(value, dict) and part in value


def verify_edit(
    before: ConfigDocument, after: ConfigDocument, changes: Sequence[Change], *, name: str
) -> None:
    """`after` differs from `before` by these changes and by nothing else.

    For whoever called `edit_text` and parsed its result. Only the render worker's parser knows what a text
    means; this says that it agrees. Raises `ConfigEditImpossible`.
    """
    expected = _expected(before.value, change_tree(changes, name=name), after.value)
    for change in changes:
        found = _lookup(after.value, change.path)
        secret = Secret(value=change.value) if isinstance(change, SetSecret) else None
        if secret is not None and found != secret:
            raise impossible(change, "the secret would not be what was given", name)
    if not same_value(expected, after.value):
        raise impossible(changes[0], "something else would change with it", name)


_NOTHING = object()


def _lookup(value: Any, path: Path) -> Any:
    for part in path:
        if not _has(value, part):
            return _NOTHING
        value = value[part] if isinstance(value, dict) else value[int(part)]
    return value


def _expected(before: Any, tree: Changes | Change, after: Any) -> Any:
    """What the text must mean now. What a key was set to is taken from `after`, where there is no other way
    to know."""
    if not isinstance(tree, dict):
        return _NOTHING if isinstance(tree, RemoveKey) else after
    if isinstance(before, list):
        return _expected_list(before, tree, after)
    result = copy.copy(before) if isinstance(before, dict) else {}
    for part, inner in tree.items():
        below = after.get(part, _NOTHING) if isinstance(after, dict) else _NOTHING
        result[part] = _expected(result.get(part), inner, below)
    return {key: value for key, value in result.items() if value is not _NOTHING}


def _expected_list(before: list[Any], tree: Changes, after: Any) -> Any:
    """Removed items move those behind them up."""
    result: list[Any] = []
    items = after if isinstance(after, list) else []
    for index in range(max(len(before), *(int(part) + 1 for part in tree))):
        inner = tree.get(str(index))
        at = len(result)
        below = items[at] if at < len(items) else _NOTHING
        old = before[index] if index < len(before) else None
        value = old if inner is None else _expected(old, inner, below)
        result += [] if isinstance(inner, RemoveKey) else [value]
    return result
