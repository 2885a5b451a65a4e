"""Which fields the cluster would change: the difference of two objects, field by field.

Lists of named items are matched by their merge key, so that a new first container is one addition and not a
change of all. What the API server keeps for itself is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cantata.core.model.objects import Manifest
from cantata.core.model.plans import FieldChange

MERGE_KEYS = ("name", "containerPort", "port", "mountPath", "key", "ip", "type", "topologyKey", "uid")
"""Keys by which Kubernetes lists of maps are matched: the first one that all items of both lists have."""

SERVER_FIELDS = frozenset(
    {"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"}
)
MASK = "****"


def effect(old: Manifest, new: Manifest) -> tuple[FieldChange, ...]:
    """The changes that lead from `old` (live) to `new` (the answer of a dry run). Secret data is masked."""
    secret = new.get("kind") == "Secret" or old.get("kind") == "Secret"
    changes = tuple(_compare("", _visible(old), _visible(new)))
    if not secret:
        return changes
    return tuple(
        FieldChange(
            change.path,
            None if change.old is None else MASK,
            None if change.new is None else MASK,
        )
        if change.path.startswith(("data", "stringData"))
        else change
        for change in changes
    )


def _visible(manifest: Manifest) -> Manifest:
    metadata = {key: item for key, item in manifest.get("metadata", {}).items() if key not in SERVER_FIELDS}
    rest = {key: item for key, item in manifest.items() if key not in ("status", "metadata")}
    return {"metadata": metadata, **rest}


def _compare(path: str, old: Any, new: Any) -> Iterator[FieldChange]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            inner = f"{path}.{name}" if path else name
            yield from _compare(inner, old.get(name), new.get(name))
    elif isinstance(old, list) and isinstance(new, list) and (key := _merge_key(old + new)):
        before = {item[key]: item for item in old}
        after = {item[key]: item for item in new}
        if len(before) == len(old) and len(after) == len(new):
            for name in [*before, *(name for name in after if name not in before)]:
                yield from _compare(f"{path}[{name}]", before.get(name), after.get(name))
        elif old != new:
            yield FieldChange(path, old, new)
    elif old != new:
        yield FieldChange(path, old, new)


def _merge_key(items: list[Any]) -> str:
    for key in MERGE_KEYS:
        if items and all(isinstance(item, dict) and isinstance(item.get(key), str | int) for item in items):
            return key
    return ""
