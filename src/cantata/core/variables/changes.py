"""Which paths differ between two sets of effective values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cantata.core.config import Path
from cantata.core.model.variables import ChartVariables
from cantata.core.values import Effective, Leaf
from cantata.core.values.layers import revealed

NULL = b"null"


class Change(msgspec.Struct, frozen=True, order=True):
    """A path whose value differs. `replaced` says that there is a value before and after, so that the maps
    above it keep their keys."""

    path: Path
    replaced: bool = False


def changes(before: Effective, after: Effective, variables: ChartVariables) -> tuple[Change, ...]:
    """The differences, by path, as far as templates can see them. Leaves that delete (None) count as nothing.

    A map that only one side gives is a change as a whole where the chart has nulls in it: Helm drops nulls
    from defaults that nobody overrides, and keeps some in a map that is merged, even with an empty one.
    """
    old, new = _encoded(before.leaves), _encoded(after.leaves)
    found = set()
    for path in old.keys() | new.keys():
        was, now = old.get(path, b""), new.get(path, b"")
        if was != now:
            found.add(Change(path, replaced=NULL not in (was, now) and b"" not in (was, now)))
    nulls = [variable.path for variable in variables.values if variable.default is None]
    if nulls:
        for path in _given_by_one((), before.values(), after.values()):
            if any(null[: len(path)] == path for null in nulls):
                found.add(Change(path))
    return tuple(sorted(found))


def _encoded(leaves: Iterable[Leaf]) -> dict[Path, bytes]:
    """JSON, in which 1 and 1.0 and true differ."""
    return {leaf.path: msgspec.json.encode(revealed(leaf.value), order="deterministic") for leaf in leaves}


def _given_by_one(path: Path, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Path]:
    """The topmost maps that stand on one side alone."""
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        if isinstance(was, dict) and isinstance(now, dict):
            yield from _given_by_one((*path, key), was, now)
        elif isinstance(was, dict) or isinstance(now, dict):
            yield (*path, key)
