"""What patches changed of an object, as edits that a template can make: values set or taken away at paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cantata.core.export.facts import object_name
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.stamp.merge_keys import MERGE_KEYS, identities

Step = str | dict[str, Any]


def edits(before: Sequence[Manifest], after: Sequence[Manifest], release: str) -> list[dict[str, Any]]:
    """`before` and `after` are the same objects in the same order."""
    found: list[dict[str, Any]] = []
    for old, new in zip(before, after, strict=True):
        name = object_name(ObjectKey.of(old), release)
        kind = str(old.get("kind"))
        found += [{"object": name, **edit} for edit in _of_maps(old, new, (), kind)]
    return found


def _of_maps(
    old: Mapping[str, Any], new: Mapping[str, Any], path: tuple[Step, ...], kind: str
) -> Iterator[dict[str, Any]]:
    for key in [*old, *(key for key in new if key not in old)]:
        at = (*path, key)
        if key not in new:
            yield {"path": list(at), "remove": True}
        elif key not in old:
            yield {"path": list(at), "value": new[key]}
        elif old[key] != new[key]:
            yield from _of_values(key, old[key], new[key], at, kind)


def _of_values(key: str, old: Any, new: Any, at: tuple[Step, ...], kind: str) -> Iterator[dict[str, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_maps(old, new, at, kind)
    elif (
        isinstance(old, list)
        and isinstance(new, list)
        and _picked(key, old, kind)
        and _picked(key, new, kind)
    ):
        yield from _of_lists(key, old, new, at, kind)
    else:
        yield {"path": list(at), "value": new}


def _of_lists(
    key: str, old: list[Any], new: list[Any], at: tuple[Step, ...], kind: str
) -> Iterator[dict[str, Any]]:
    """Items by what tells them apart. Their order does not count."""
    fields = _fields(key, kind)
    before = {_identity(item, fields): item for item in old}
    after = {_identity(item, fields): item for item in new}
    for identity, item in before.items():
        place = (*at, {name: item[name] for name in fields})
        if identity not in after:
            yield {"path": list(place), "remove": True}
        elif item != after[identity]:
            yield from _of_maps(item, after[identity], place, kind)
    for identity, item in after.items():
        if identity not in before:
            yield {"path": [*at, {name: item[name] for name in fields}], "value": item}


def _picked(key: str, items: list[Any], kind: str) -> bool:
    """Whether each item can be told by fields that it has."""
    found = identities(key, items, kind)
    return found is not None and len(set(found)) == len(found)


def _fields(key: str, kind: str) -> tuple[str, ...]:
    if key == "ports":
        return ("port",) if kind == "Service" else ("containerPort",)
    return MERGE_KEYS[key]


def _identity(item: Mapping[str, Any], fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(item.get(name)) for name in fields)
