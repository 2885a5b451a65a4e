"""Which values and which entries differ between what was recorded and what is there now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cantata.core.config import Path
from cantata.core.model.inputs import RecordedEntry

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Changed:
    """`values` are the paths of template variables that differ, each the highest one at which the sides do;
    `given` are the paths of all that is given over the chart's defaults, on either side. `keys` are those of
    entries that differ; `added` says that some of them were not there before."""

    values: frozenset[Path] = frozenset()
    given: frozenset[Path] = frozenset()
    keys: frozenset[str] = frozenset()
    added: bool = False


def find_changed(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    old_entries: Sequence[RecordedEntry] = (),
    new_entries: Sequence[RecordedEntry] = (),
) -> Changed:
    """`old` and `new` are values as the renderer gets them, nested maps; a list is one value."""
    before = {entry.key: entry for entry in old_entries}
    after = {entry.key: entry for entry in new_entries}
    return Changed(
        values=frozenset(_paths(old, new, ())),
        given=frozenset((*_leaves(old, ()), *_leaves(new, ()))),
        keys=frozenset(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)),
        added=not after.keys() <= before.keys(),
    )


def _paths(old: Mapping[str, Any], new: Mapping[str, Any], parent: Path) -> Iterator[Path]:
    for name in old.keys() | new.keys():
        left, right = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if isinstance(left, Mapping) and isinstance(right, Mapping) and left and right:
            yield from _paths(left, right, (*parent, name))
        elif left is not right and (left != right or not _same_types(left, right)):
            yield (*parent, name)


def _leaves(value: Mapping[str, Any], parent: Path) -> Iterator[Path]:
    for name, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from _leaves(item, (*parent, name))
        else:
            yield (*parent, name)


def _same_types(left: Any, right: Any) -> bool:
    """Python holds `1`, `1.0` and `True` for equal; templates print them differently."""
    if type(left) is not type(right):
        return False
    if isinstance(left, Mapping):
        return all(_same_types(left[name], right[name]) for name in left)
    if isinstance(left, list):
        return all(map(_same_types, left, right))
    return True


def touches(changed: Path, read: Path) -> bool:
    """Whether a change at one path shows to who reads another: one of them holds the other."""
    shorter = min(len(changed), len(read))
    return changed[:shorter] == read[:shorter]
