"""Which values the user changed between two sets of effective values, by key."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cantata.core.config import MASK, Path
from cantata.core.model.plans import FieldChange

_ABSENT = object()


def intent(
    old: Mapping[str, Any], new: Mapping[str, Any], *, secret: Collection[Path] = ()
) -> tuple[FieldChange, ...]:
    """Both sides are nested maps; lists count as one value. What is at a path of `secret`, on either side,
    shows as `****`: a key that is secret on one side only must be named all the same."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    changes = []
    for path in sorted(before.keys() | after.keys()):
        left, right = before.get(path, _ABSENT), after.get(path, _ABSENT)
        if not _same(left, right):
            masked = path in secret
            changes.append(FieldChange(".".join(path), _shown(left, masked), _shown(right, masked)))
    return tuple(changes)


def _same(left: Any, right: Any) -> bool:
    """Equal in type too, in lists as well: `true` is not 1."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(item, right[key]) for key, item in left.items())
    return type(left) is type(right) and bool(left == right)


def _shown(value: Any, masked: bool) -> Any:
    if value is _ABSENT:
        return None
    return MASK if masked else value


def _leaves(value: Mapping[str, Any], parent: Path = ()) -> Iterator[tuple[Path, Any]]:
    for name, item in value.items():
        path = (*parent, str(name))
        if isinstance(item, Mapping) and item:
            yield from _leaves(item, path)
        else:
            yield path, item
