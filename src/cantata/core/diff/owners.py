"""Who set which field of a live object: its `managedFields`, read on demand.

A field set is a tree: `f:NAME` for the field of a map, `k:{KEYS}` for the item of a keyed list, `v:VALUE` for
one of a set, `.` for the thing itself; a leaf owns all that is below it. Source: FieldsV1 of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from cantata.core.model.objects import LiveObject, ManagedFields
from cantata.core.stamp import Item

Fields = dict[str, Any]


class _Metadata(msgspec.Struct):
    managed_fields: tuple[ManagedFields, ...] | None = msgspec.field(default=None, name="managedFields")


class _Body(msgspec.Struct):
    metadata: _Metadata


@dataclass(frozen=True, slots=True)
class Owners:
    """Those who own a field, or fields below it, each with the part of its field set from here on."""

    entries: tuple[tuple[ManagedFields, Fields], ...] = ()

    @classmethod
    def of(cls, live: LiveObject) -> Owners:
        """Nobody where `managedFields` are missing or cannot be read. What stands in the status is nobody's
        here."""
        try:
            managed = msgspec.json.decode(live.body, type=_Body).metadata.managed_fields or ()
            return cls(
                tuple(
                    (each, msgspec.json.decode(each.fields_v1, type=dict[str, Any]))
                    for each in managed
                    if each.subresource != "status"
                )
            )
        except (msgspec.DecodeError, RecursionError):
            return cls()

    def at(self, steps: tuple[str | Item, ...], live: Any) -> Owners:
        """Of the field that these steps lead to from `live`, which is the value here."""
        owners = self
        for step in steps:
            if isinstance(step, Item):
                item = live[step.place] if isinstance(live, list) and step.place is not None else None
                owners, live = owners.item(item), item
            else:
                owners, live = owners.field(step), live.get(step) if isinstance(live, dict) else None
        return owners

    def field(self, name: str) -> Owners:
        return self._below(lambda each: each == f"f:{name}")

    def item(self, item: Any) -> Owners:
        """Of an item of a keyed list."""
        return self._below(lambda each: _means(each, item))

    def _below(self, meant: Callable[[str], bool]) -> Owners:
        """A leaf stays one: it owns what is below."""
        found: list[tuple[ManagedFields, Fields]] = []
        for entry, fields in self.entries:
            inner = fields if not fields else next((fields[name] for name in fields if meant(name)), None)
            if isinstance(inner, dict):
                found.append((entry, inner))
        return Owners(tuple(found))

    def but(self, manager: str) -> Owners:
        return Owners(tuple(each for each in self.entries if each[0].manager != manager))

    def only(self, manager: str) -> Owners:
        return Owners(tuple(each for each in self.entries if each[0].manager == manager))

    @property
    def whole(self) -> Owners:
        """Those who own the thing itself, and not only something below it."""
        return Owners(tuple(each for each in self.entries if not each[1] or "." in each[1]))

    @property
    def newest(self) -> ManagedFields | None:
        return max((entry for entry, _ in self.entries), key=lambda entry: entry.time, default=None)


def _means(name: str, item: Any) -> bool:
    """Whether an entry of a field set means this item."""
    if name.startswith("k:") and isinstance(item, dict):
        keys = _decoded(name[2:])
        return isinstance(keys, dict) and bool(keys) and all(item.get(key) == keys[key] for key in keys)
    return name.startswith("v:") and _decoded(name[2:]) == item


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
