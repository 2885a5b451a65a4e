"""Which fields the cluster would change: the difference of two objects, field by field.

Items of the lists that server-side apply takes as maps are told apart as it does, so that a new first
container is one addition and not a change of all. What the API server and we keep for ourselves is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cantata.core.config import MASK
from cantata.core.model.objects import Manifest
from cantata.core.model.plans import Action, FieldChange, ObjectPlan
from cantata.core.stamp.fingerprint import BOOKKEEPING
from cantata.core.stamp.merge_keys import identities
from cantata.core.stamp.normalise import SERVER_OWNED

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""kubectl's copy of the whole object, a Secret's data included."""

UNSHOWN = (*BOOKKEEPING, LAST_APPLIED)
SECRET_FIELDS = ("data", "stringData")


def effect(old: Manifest, new: Manifest) -> tuple[FieldChange, ...]:
    """The changes that lead from `old` (live) to `new` (the answer of a dry run), by path. An empty manifest
    stands for an object that is not there.

    Items are named by their identity (`containers[web]`, `ports[80/TCP]`); a list whose items come in another
    order is one change that names them. Secret data is masked.
    """
    kind = str(new.get("kind") or old.get("kind") or "")
    changes = tuple(_compare("", "", kind, _visible(old), _visible(new)))
    return tuple(map(_masked, changes)) if kind == "Secret" else changes


def rolls(plan: ObjectPlan) -> bool:
    """Whether pods are replaced: a field of a pod template changes."""
    return plan.action is Action.RECREATE or any(
        change.path.startswith("spec.template.") for change in plan.changes
    )


def _masked(change: FieldChange) -> FieldChange:
    if change.path.split(".")[0] not in SECRET_FIELDS:
        return change
    return FieldChange(
        change.path, None if change.old is None else MASK, None if change.new is None else MASK
    )


def _visible(manifest: Manifest) -> Manifest:
    metadata = {k: item for k, item in (manifest.get("metadata") or {}).items() if k not in SERVER_OWNED}
    annotations = {k: item for k, item in (metadata.get("annotations") or {}).items() if k not in UNSHOWN}
    rest = {k: item for k, item in manifest.items() if k not in ("status", "metadata")}
    return {"metadata": {**metadata, "annotations": annotations}, **rest}


def _compare(path: str, field: str, kind: str, old: Any, new: Any) -> Iterator[FieldChange]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            inner = f"{path}.{name}" if path else name
            yield from _compare(inner, name, kind, old.get(name), new.get(name))
        return
    before, after = by_identity(field, kind, old), by_identity(field, kind, new)
    if before is None or after is None:
        if old != new:
            yield FieldChange(path, old, new)
        return
    for name in [*before, *(name for name in after if name not in before)]:
        yield from _compare(f"{path}[{name}]", "", kind, before.get(name), after.get(name))
    stayed = [name for name in before if name in after]
    order = [name for name in after if name in before]
    if stayed != order:
        yield FieldChange(path, stayed, order)


def by_identity(field: str, kind: str, items: Any) -> dict[str, Any] | None:
    """The items of a keyed list by their names; None where it is one value."""
    names = identities(field, items, kind) if isinstance(items, list) else None
    if names is None or len(set(names)) < len(names):
        return None
    return {"/".join(name): item for name, item in zip(names, items, strict=True)}
