"""A plan as lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cantata.contract.plans import FieldChangeInfo, ObjectInfo, ObjectPlanInfo, PlanInfo, ServicePlanInfo

SIGNS = {"create": "+", "update": "~", "recreate": "±", "delete": "-", "unchanged": " ", "keep": " "}


def plan_lines(plan: PlanInfo) -> list[str]:
    """What was changed by the user, what the cluster would change, and what was found."""
    return list(_lines(plan))


def _lines(plan: PlanInfo) -> Iterator[str]:
    if plan.intent:
        yield "what you changed:"
        yield from (f"  {_change(change)}" for change in plan.intent)
    if not plan.changed:
        yield f"application {plan.application}: nothing to do"
    for service in plan.services:
        yield from _service(service)
    if plan.changed and len(plan.order) > 1:
        yield "order: " + " → ".join(", ".join(wave) for wave in plan.order)
    yield from (f"hook: {_object(hook)}" for hook in plan.hooks)
    for finding in plan.findings:
        place = ":".join(str(part) for part in (finding.file, finding.line) if part)
        yield f"{finding.severity}: {place + ': ' if place else ''}{finding.message}"
        if finding.suggestion:
            yield f"  {finding.suggestion}"


def _service(plan: ServicePlanInfo) -> Iterator[str]:
    changed = [item for item in plan.objects if item.action not in ("unchanged", "keep")]
    kept = [item for item in plan.objects if item.action == "keep"]
    if not changed and not kept:
        return
    yield f"service {plan.service}" + (" (pods are replaced)" if plan.rolls else "")
    for item in changed + kept:
        yield from object_plan_lines(item)


def object_plan_lines(item: ObjectPlanInfo) -> Iterator[str]:
    """What happens to one object, and to which of its fields."""
    reason = f" ({item.reason})" if item.reason else ""
    unverified = f" (unverified: {item.unverified})" if item.unverified else ""
    yield f"  {SIGNS[item.action]} {item.action} {_object(item.key)}{reason}{unverified}"
    yield from (f"      {line}" for line in _changes(item.changes))


def _changes(changes: Sequence[FieldChangeInfo]) -> Iterator[str]:
    """A line each; fields that change from the same to the same (the name of a config, in every variable)
    share one."""
    alike: dict[str, list[FieldChangeInfo]] = {}
    for change in changes:
        alike.setdefault(json.dumps([change.old, change.new], sort_keys=True), []).append(change)
    for group in alike.values():
        more = f" (and {len(group) - 1} more fields alike)" if len(group) > 1 else ""
        yield _change(group[0]) + more


def _change(change: FieldChangeInfo) -> str:
    if change.old is None:
        return f"{change.path}: {_value(change.new)}"
    if change.new is None:
        return f"{change.path}: {_value(change.old)} → gone"
    return f"{change.path}: {_value(change.old)} → {_value(change.new)}"


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"


def _object(key: ObjectInfo) -> str:
    return f"{key.kind} {key.namespace}/{key.name}" if key.namespace else f"{key.kind} {key.name}"
