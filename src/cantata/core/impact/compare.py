"""Old manifests of a service against new ones, object by object."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.model.plans import Action, ObjectPlan
from cantata.core.plan.decide import IMMUTABLE, IMMUTABLE_CHANGED
from cantata.core.plan.effect import effect
from cantata.core.plan.prune import PRECIOUS, named_in_history, says_keep


def compare_manifests(old: Sequence[Manifest], new: Sequence[Manifest]) -> tuple[ObjectPlan, ...]:
    """What a deploy would do to the objects that change, if only the manifests had changed. Nobody asks
    the cluster: defaults that it adds do not show. Secret content is masked. A ConfigMap or Secret that the
    history of a workload goes on to name stays for now, and is not told."""
    before = {ObjectKey.of(manifest): manifest for manifest in old}
    after = {ObjectKey.of(manifest): manifest for manifest in new}
    plans = []
    for key, manifest in after.items():
        if key not in before:
            plans.append(ObjectPlan(key, GVK.of(manifest), Action.CREATE))
        elif changes := effect(before[key], manifest):
            recreated = _recreated(manifest, [change.path for change in changes])
            action = Action.RECREATE if recreated else Action.UPDATE
            reason = IMMUTABLE_CHANGED if recreated else ""
            plans.append(ObjectPlan(key, GVK.of(manifest), action, reason, changes))
    named = named_in_history(old)
    plans += [
        ObjectPlan(key, GVK.of(manifest), _removed(manifest))
        for key, manifest in before.items()
        if key not in after and key not in named
    ]
    return tuple(plans)


def _removed(manifest: Manifest) -> Action:
    gvk = GVK.of(manifest)
    return Action.KEEP if says_keep(manifest) or (gvk.group, gvk.kind) in PRECIOUS else Action.DELETE


def _recreated(manifest: Manifest, paths: Sequence[str]) -> bool:
    gvk = GVK.of(manifest)
    fields = IMMUTABLE.get((gvk.group, gvk.kind), ())
    return any(
        path == f"spec.{field}" or path.startswith(f"spec.{field}.") for path in paths for field in fields
    )
