"""Which paths differ between two sets of effective values."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cantata.core.config import Path
from cantata.core.values import Leaf
from cantata.core.values.layers import revealed


class Change(msgspec.Struct, frozen=True, order=True):
    """A path whose value differs. `replaced` says that there is a value before and after, so that the maps
    above it keep their keys."""

    path: Path
    replaced: bool = False


def changes(before: Iterable[Leaf], after: Iterable[Leaf]) -> tuple[Change, ...]:
    """The differences, by path. Leaves that delete (None) count as nothing."""
    old, new = _encoded(before), _encoded(after)
    found = []
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path, b""), new.get(path, b"")
        if was != now:
            found.append(Change(path, replaced=NULL not in (was, now) and b"" not in (was, now)))
    return tuple(found)


NULL = b"null"


def _encoded(leaves: Iterable[Leaf]) -> dict[Path, bytes]:
    """JSON, in which 1 and 1.0 and true differ."""
    return {leaf.path: msgspec.json.encode(revealed(leaf.value), order="deterministic") for leaf in leaves}
