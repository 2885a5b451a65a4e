"""Which values the user changed between two sets of effective values, by key."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cantata.core.model.plans import FieldChange

MASK = "****"
_ABSENT = object()


def intent(
    old: Mapping[str, Any], new: Mapping[str, Any], *, secret: Collection[str] = ()
) -> tuple[FieldChange, ...]:
    """Both sides are nested maps; lists count as one value. Keys in `secret` (dotted) show as `****`."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    changes = []
    for key in sorted(before.keys() | after.keys()):
        left, right = before.get(key, _ABSENT), after.get(key, _ABSENT)
        if left != right or type(left) is not type(right):
            masked = key in secret
            changes.append(FieldChange(key, _shown(left, masked), _shown(right, masked)))
    return tuple(changes)


def _shown(value: Any, masked: bool) -> Any:
    if value is _ABSENT:
        return None
    return MASK if masked else value


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        path = f"{prefix}.{name}" if prefix else str(name)
        if isinstance(item, Mapping) and item:
            yield from _leaves(item, path)
        else:
            yield path, item
