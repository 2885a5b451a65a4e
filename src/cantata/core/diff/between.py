"""Recorded manifests of a service against recorded manifests of it, object by object."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence

from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.model.plans import Action, Folded, FoldReason, ObjectPlan
from cantata.core.plan.effect import Same, effect_but_names
from cantata.core.plan.prune import MOUNTED

HASHED = re.compile(r"^(?P<base>.+)-(?=[0-9a-f]*[0-9])[0-9a-f]{8,64}$")
"""The name of an object that is made anew when its content changes, as we and many charts name them."""


def compare_recorded(
    old: Sequence[Manifest], new: Sequence[Manifest], same: Same = operator.eq
) -> tuple[ObjectPlan, ...]:
    """What leads from `old` to `new`, objects that are equal left out. Objects whose names are the `same` are
    one, and so is a ConfigMap or Secret whose name ends in another hash: of two applications that is no
    difference, since what is in the object is told. Secret content is masked."""
    before = {ObjectKey.of(manifest): manifest for manifest in old}
    after = {ObjectKey.of(manifest): manifest for manifest in new}
    pairs = [(before.pop(key), after.pop(key)) for key in [key for key in after if key in before]]
    pairs += _renamed_pairs(before, after, same)
    hashed = _hashed_pairs(before, after, same)
    pairs += hashed
    if same is not operator.eq:
        same = _same_or_hashed(same, hashed)
    plans = [plan for left, right in pairs if (plan := _changed(left, right, same))]
    plans += [_alone(manifest, Action.CREATE) for manifest in after.values()]
    plans += [_alone(manifest, Action.DELETE) for manifest in before.values()]
    return tuple(sorted(plans, key=lambda plan: plan.key))


Objects = dict[ObjectKey, Manifest]


def _renamed_pairs(before: Objects, after: Objects, same: Same) -> list[tuple[Manifest, Manifest]]:
    """Takes them out of both."""
    pairs = []
    for key in list(after) if same is not operator.eq else ():
        found = next((each for each in before if _same_key(each, key, same)), None)
        if found is not None:
            pairs.append((before.pop(found), after.pop(key)))
    return pairs


def _same_key(old: ObjectKey, new: ObjectKey, same: Same) -> bool:
    kinds = (old.group, old.kind) == (new.group, new.kind)
    return kinds and same(old.namespace, new.namespace) and same(old.name, new.name)


def _hashed_pairs(before: Objects, after: Objects, same: Same) -> list[tuple[Manifest, Manifest]]:
    """Takes them out of both."""
    pairs = []
    left = {key: base for key in before if (base := _unhashed(key))}
    for key in list(after):
        base = _unhashed(key)
        found = base and next((each for each, other in left.items() if _same_key(other, base, same)), None)
        if found:
            del left[found]
            pairs.append((before.pop(found), after.pop(key)))
    return pairs


def _same_or_hashed(same: Same, pairs: Sequence[tuple[Manifest, Manifest]]) -> Same:
    names = {(ObjectKey.of(old).name, ObjectKey.of(new).name) for old, new in pairs}
    return lambda old, new: same(old, new) or (old, new) in names


def _unhashed(key: ObjectKey) -> ObjectKey | None:
    found = HASHED.match(key.name) if (key.group, key.kind) in MOUNTED else None
    return ObjectKey(key.group, key.kind, key.namespace, found["base"]) if found else None


def _changed(old: Manifest, new: Manifest, same: Same) -> ObjectPlan | None:
    changes, renamed = effect_but_names(old, new, same)
    if not changes and not renamed:
        return None
    key, was = ObjectKey.of(new), ObjectKey.of(old)
    return ObjectPlan(
        key,
        GVK.of(new),
        Action.UPDATE if changes else Action.UNCHANGED,
        "" if same(was.name, key.name) else f"was {was.name}",
        changes,
        folded=(Folded(FoldReason.NAMES, renamed),) if renamed else (),
    )


def _alone(manifest: Manifest, action: Action) -> ObjectPlan:
    return ObjectPlan(ObjectKey.of(manifest), GVK.of(manifest), action)
