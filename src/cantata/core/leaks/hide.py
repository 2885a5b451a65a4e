"""Fields of which nothing may be shown, taken out of what a plan shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from cantata.core.config import MASK
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.plans import FieldChange, FieldDrift, ObjectPlan
from cantata.core.plan import by_identity

SECRET = ("data", "stringData")
"""What a Secret holds."""


def hide_fields(plan: ObjectPlan, fields: Collection[str]) -> tuple[FieldChange, ...]:
    """The changes of an object with `****` in these fields, wherever the change begins: above them, below
    them, or right there."""
    if not fields:
        return plan.changes
    kind = plan.key.kind
    return tuple(
        FieldChange(
            change.path,
            _hidden(change.path, change.old, kind, fields),
            _hidden(change.path, change.new, kind, fields),
        )
        for change in plan.changes
    )


def hide_drift(plan: ObjectPlan, fields: Collection[str]) -> tuple[FieldDrift, ...]:
    """The same for what others changed."""
    if not fields:
        return plan.drift
    kind = plan.key.kind
    return tuple(
        msgspec.structs.replace(
            each,
            wanted=_hidden(each.path, each.wanted, kind, fields),
            live=_hidden(each.path, each.live, kind, fields),
        )
        for each in plan.drift
    )


def hide_in(manifest: Manifest, leaks: Iterable[Leak]) -> Manifest:
    """The manifest with `****` in the fields of which nothing may be shown, and for all that a Secret
    holds."""
    key = ObjectKey.of(manifest)
    fields = {leak.field for leak in leaks if leak.whole and leak.object == key}
    if (key.group, key.kind) == ("", "Secret"):
        manifest = {**manifest, **{field: _starred(manifest[field]) for field in SECRET if field in manifest}}
    return {name: _hidden(name, item, key.kind, fields) for name, item in manifest.items()}


def _starred(data: Any) -> Any:
    return dict.fromkeys(data, MASK) if isinstance(data, Mapping) else MASK


def _hidden(path: str, value: Any, kind: str, fields: Collection[str]) -> Any:
    if value is None:
        return None
    if any(path == field or _is_above(field, path) for field in fields):
        return MASK
    if not any(_is_above(path, field) for field in fields):
        return value
    if isinstance(value, dict):
        return {
            name: _hidden(f"{path}.{name}" if path else name, item, kind, fields)
            for name, item in value.items()
        }
    if isinstance(value, list):
        last = path.rpartition(".")[2]
        names = by_identity(last, kind, value) or range(len(value))
        return [
            _hidden(f"{path}[{name}]", item, kind, fields) for name, item in zip(names, value, strict=True)
        ]
    return value


def _is_above(path: str, field: str) -> bool:
    """An empty path is above everything."""
    return not path or (field.startswith(path) and field[len(path) :][:1] in (".", "["))
