"""What a plan rests on, held against how it is now: every difference makes the plan stale, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cantata.core.model.objects import LiveObject, ObjectKey
from cantata.core.model.plans import Action
from cantata.core.model.stored_plans import Basis, BasisObject
from cantata.core.plan.decide import Decision, is_secret
from cantata.core.plan.replicas import SCALABLE
from cantata.core.stamp import fingerprint

WRITTEN_OVER = (Action.UPDATE, Action.RECREATE)
"""Actions whose effect depends on what is there."""


def basis_object(decision: Decision, live: LiveObject | None) -> BasisObject:
    """The number of pods counts only where it was asked for: an autoscaler's work makes no plan stale."""
    desired = decision.desired
    if live is None or live.metadata.deletion_timestamp:
        return BasisObject(desired.key, decision.action)
    uid, content = live.metadata.uid, ""
    if decision.action in WRITTEN_OVER:
        content = live.metadata.resource_version if is_secret(desired.gvk) else _content(decision, live)
    return BasisObject(desired.key, decision.action, uid, content)


def _content(decision: Decision, live: LiveObject) -> str:
    manifest = live.manifest()
    spec = manifest.get("spec")
    scalable = (live.gvk.group, live.gvk.kind) in SCALABLE and not decision.desired.scaled
    if scalable and isinstance(spec, dict):
        manifest = {**manifest, "spec": {key: item for key, item in spec.items() if key != "replicas"}}
    return fingerprint(manifest)


def what_moved(planned: Basis, now: Basis, *, template: str) -> tuple[str, ...]:
    """A sentence each, without full stops. `template` is the name of the template."""
    return (*_inputs(planned, now, template), *_objects(planned, now))


def _inputs(planned: Basis, now: Basis, template: str) -> Iterator[str]:
    if planned.revision != now.revision:
        yield f"revision {now.revision} came since; the plan was made on {planned.revision or 'none'}"
    if planned.row_version != now.row_version:
        yield "the application was edited"
    if planned.template_version != now.template_version:
        yield f"template {template} is at version {now.template_version}, not {planned.template_version}"
    pins = {pin.config_id or pin.config: pin for pin in now.pins}
    for pin in planned.pins:
        found = pins.pop(pin.config_id or pin.config, None)
        if found is None:
            yield f"config {pin.config} is not used any more"
        elif not pin.same(found):
            yield f"config {pin.config} is at version {found.version}, not {pin.version}"
    yield from (f"config {pin.config} is used, too" for pin in pins.values())


def _objects(planned: Basis, now: Basis) -> Iterator[str]:
    before, after = _by_key(planned), _by_key(now)
    for key in sorted(before.keys() | after.keys()):
        why = _why(before.get(key), after.get(key))
        if why:
            yield f"{key} {why}"


def _by_key(basis: Basis) -> Mapping[ObjectKey, BasisObject]:
    """What stays whatever happens to it is left out."""
    return {each.key: each for each in basis.objects if each.action is not Action.KEEP}


def _why(planned: BasisObject | None, now: BasisObject | None) -> str:
    if now is None:
        return f"is no longer to {planned.action}" if planned is not None else ""
    if planned is None:
        return f"is to {now.action}, too"
    if planned.uid != now.uid:
        return "is there now" if not planned.uid else "is gone" if not now.uid else "was replaced"
    if planned.action is not now.action or planned.content != now.content:
        return "was changed in the cluster"
    return ""
