"""What the API server added of its own to what we would send, taken out of an effect and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cantata.core.model.objects import Manifest
from cantata.core.model.plans import FieldChange
from cantata.core.plan.effect import by_identity


def without_defaults(changes: Iterable[FieldChange], wanted: Manifest) -> tuple[tuple[FieldChange, ...], int]:
    """The changes without fields that are new and that `wanted` does not set, and how many these are. What is
    changed or goes stays: it is there because of what we would send."""
    known = dict(_fields("", "", str(wanted.get("kind") or ""), wanted))
    kept: list[FieldChange] = []
    count = 0
    for change in changes:
        if change.old is not None or change.new is None:
            kept.append(change)
        elif change.path not in known:
            count += leaves(change.new)
        else:
            shown = _wanted_part(change.new, known[change.path], change.path.rpartition(".")[2], wanted)
            count += leaves(change.new) - leaves(shown)
            kept.append(FieldChange(change.path, None, shown))
    return tuple(kept), count


def leaves(value: Any) -> int:
    """How many single values it has; an empty map or list is one."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values())) or 1
    if isinstance(value, list):
        return sum(map(leaves, value)) or 1
    return 1


def _fields(path: str, field: str, kind: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every field by the path that an effect has for it."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _fields(f"{path}.{name}" if path else name, name, kind, item)
        return
    for name, item in (by_identity(field, kind, value) or {}).items():
        yield from _fields(f"{path}[{name}]", "", kind, item)


def _wanted_part(value: Any, wanted: Any, field: str, manifest: Manifest) -> Any:
    """`value` with those parts that `wanted` has."""
    if isinstance(value, dict) and isinstance(wanted, dict):
        return {
            name: _wanted_part(item, wanted[name], name, manifest)
            for name, item in value.items()
            if name in wanted
        }
    kind = str(manifest.get("kind") or "")
    items, mine = by_identity(field, kind, value), by_identity(field, kind, wanted)
    if items is None or mine is None:
        if isinstance(value, list) and isinstance(wanted, list) and len(value) == len(wanted):
            return [_wanted_part(*pair, "", manifest) for pair in zip(value, wanted, strict=True)]
        return value
    return [_wanted_part(item, mine[name], "", manifest) for name, item in items.items() if name in mine]
