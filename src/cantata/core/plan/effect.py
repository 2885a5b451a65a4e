"""Which fields the cluster would change: the difference of two objects, field by field.

Items of the lists that server-side apply takes as maps are told apart as it does, so that a new first
container is one addition and not a change of all. What the API server and we keep for ourselves is left out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
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


Same = Callable[[str, str], bool]
"""Whether a text of the old side and one of the new side say the same."""


def effect(old: Manifest, new: Manifest) -> tuple[FieldChange, ...]:
    """The changes that lead from `old` (live) to `new` (the answer of a dry run), by path. An empty manifest
    stands for an object that is not there.

    Items are named by their identity (`containers[web]`, `ports[80/TCP]`); a list whose items come in another
    order is one change that names them. Secret data is masked.
    """
    return effect_but_names(old, new, operator.eq)[0]


def effect_but_names(old: Manifest, new: Manifest, same: Same) -> tuple[tuple[FieldChange, ...], int]:
    """The effect without fields that are the `same` though they are not equal; and how many of these there
    are."""
    kind = str(new.get("kind") or old.get("kind") or "")
    comparison = _Comparison(kind, same)
    changes = tuple(comparison.value("", "", _visible(old), _visible(new)))
    return tuple(map(_masked, changes)) if kind == "Secret" else changes, comparison.renamed


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


class _Comparison:
    def __init__(self, kind: str, same: Same) -> None:
        self._kind = kind
        self._same = same
        self.renamed = 0

    def value(self, path: str, field: str, old: Any, new: Any) -> Iterator[FieldChange]:
        if isinstance(old, dict) and isinstance(new, dict):
            pairs = paired(old, new, self._same)
            for left, right in sorted(pairs, key=lambda pair: pair[0] or pair[1] or ""):
                name = left if left is not None else str(right)
                inner = f"{path}.{name}" if path else name
                yield from self.value(inner, name, _get(old, left), _get(new, right))
            return
        before, after = by_identity(field, self._kind, old), by_identity(field, self._kind, new)
        if before is None or after is None:
            if not self.same(old, new):
                yield FieldChange(path, old, new)
            return
        pairs = paired(before, after, self._same)
        for left, right in pairs:
            inner = f"{path}[{left if left is not None else right}]"
            yield from self.value(inner, "", _get(before, left), _get(after, right))
        renamed = {right: left for left, right in pairs if left is not None and right is not None}
        stayed = [left for left, right in pairs if left is not None and right is not None]
        order = [renamed[name] for name in after if name in renamed]
        if stayed != order:
            yield FieldChange(path, stayed, order)

    def same(self, old: Any, new: Any) -> bool:
        if old == new:
            return True
        if not self._alike(old, new):
            return False
        self.renamed += 1
        return True

    def _alike(self, old: Any, new: Any) -> bool:
        if isinstance(old, str) and isinstance(new, str):
            return self._same(old, new)
        if isinstance(old, dict) and isinstance(new, dict):
            return all(
                left is not None and right is not None and self._alike(old[left], new[right])
                for left, right in paired(old, new, self._same)
            )
        if isinstance(old, list) and isinstance(new, list):
            return len(old) == len(new) and all(map(self._alike, old, new))
        return bool(old == new)


def paired(old: Iterable[str], new: Iterable[str], same: Same) -> list[tuple[str | None, str | None]]:
    """Each name of one side with its partner on the other: an equal one, or else one that is the same. In the
    order of the old, then those that only the new has."""
    left, unmatched = list(old), dict.fromkeys(new)
    partner: dict[str, str] = {name: name for name in left if name in unmatched}
    for name in partner:
        del unmatched[name]
    if same is not operator.eq:
        for name in left:
            found = next((each for each in unmatched if same(name, each)), None)
            if name not in partner and found is not None:
                partner[name] = found
                del unmatched[found]
    return [*((name, partner.get(name)) for name in left), *((None, name) for name in unmatched)]


def _get(items: dict[str, Any], name: str | None) -> Any:
    return items[name] if name is not None else None


def by_identity(field: str, kind: str, items: Any) -> dict[str, Any] | None:
    """The items of a keyed list by their names; None where it is one value."""
    names = identities(field, items, kind) if isinstance(items, list) else None
    if names is None or len(set(names)) < len(names):
        return None
    return {"/".join(name): item for name, item in zip(names, items, strict=True)}
