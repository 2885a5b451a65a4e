"""A plan as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cantata.cli.change_text import change_lines, one_change, value_text
from cantata.contract.findings import FindingInfo
from cantata.contract.plans import (
    MASK,
    FieldDriftInfo,
    FoldedInfo,
    ObjectInfo,
    ObjectPlanInfo,
    PlanInfo,
    ServicePlanInfo,
    ValueChangeInfo,
)
from cantata.contract.states import FoldReason

SIGNS = {"create": "+", "update": "~", "recreate": "±", "delete": "-", "unchanged": " ", "keep": " "}

PLAIN = ("absent", "changed")
"""Reasons that say no more than the action."""

FOLDED: dict[FoldReason, str] = {
    "defaults": "set by the API server or a webhook",
    "rewritten": "written in another way by the API server or a webhook",
    "controllers": "set by the cluster's controllers",
    "autoscaler": "left to an autoscaler",
    "names": "the same but for the names of release and namespace",
}
"""Why fields that differ are only counted."""


def plan_lines(plan: PlanInfo) -> list[str]:
    """What was changed by the user, what the cluster would change, and what was found."""
    return list(_lines(plan))


def _lines(plan: PlanInfo) -> Iterator[str]:
    if plan.intent:
        yield "what you changed:"
        yield from (f"  {line}" for change in plan.intent for line in value_change_lines(change))
    if not plan.changed:
        yield f"application {plan.application}: nothing to do"
    for service in plan.services:
        yield from _service(service)
    if folded := folded_line(_folded(plan)):
        yield folded
    yield from unverified_lines(plan.services)
    waves = list(_waves(plan))
    if plan.changed and len(waves) > 1:
        yield "order: " + " → ".join(", ".join(wave) for wave in waves)
    yield from (f"hook: {object_name(hook)}" for hook in plan.hooks)
    yield from finding_lines(plan.findings)


def finding_lines(findings: Sequence[FindingInfo]) -> Iterator[str]:
    for finding in findings:
        place = ":".join(str(part) for part in (finding.file, finding.line) if part)
        yield f"{finding.severity}: {place + ': ' if place else ''}{finding.message}"
        if finding.suggestion:
            yield f"  {finding.suggestion}"


def _folded(plan: PlanInfo) -> list[FoldedInfo]:
    """Over all objects."""
    counts: Counter[FoldReason] = Counter()
    for item in (item for service in plan.services for item in service.objects):
        counts.update({each.reason: each.count for each in item.folded})
    return [FoldedInfo(reason, counts[reason]) for reason in FOLDED if counts[reason]]


def _waves(plan: PlanInfo) -> Iterator[list[str]]:
    """The order of the services that something happens to."""
    changed = {
        service.service
        for service in plan.services
        if any(item.action not in ("unchanged", "keep") for item in service.objects)
    }
    for wave in plan.order:
        if named := [service for service in wave if service in changed]:
            yield named


def _service(plan: ServicePlanInfo) -> Iterator[str]:
    changed = [item for item in plan.objects if item.action not in ("unchanged", "keep")]
    kept = [item for item in plan.objects if item.action == "keep"]
    if not changed and not kept:
        return
    yield f"service {plan.service}" + (" (pods are replaced)" if plan.rolls else "")
    for item in changed + kept:
        yield from object_plan_lines(item)


def value_change_lines(change: ValueChangeInfo) -> Iterator[str]:
    """A value, and the services that it is so for unless for all."""
    yield from one_change(change, f" ({', '.join(change.services)})" if change.services else "")


def object_plan_lines(item: ObjectPlanInfo) -> Iterator[str]:
    """What happens to one object and to which of its fields, and what others did to them."""
    yield f"  {object_line(item)}"
    yield from (f"      {line}" for line in change_lines(item.changes))
    yield from (f"      {line}" for line in drift_lines(item))


def object_line(item: ObjectPlanInfo) -> str:
    reason = f" ({item.reason})" if item.reason not in ("", *PLAIN) else ""
    unverified = " (unverified)" if item.unverified else ""
    return f"{SIGNS[item.action]} {item.action} {object_name(item.key)}{reason}{unverified}"


def unverified_lines(services: Iterable[ServicePlanInfo]) -> Iterator[str]:
    """Why objects could not be tried, each reason once."""
    reasons = Counter(item.unverified for service in services for item in service.objects if item.unverified)
    yield from (
        f"unverified: {why} ({number} object{'s' * (number != 1)})" for why, number in reasons.items()
    )


def drift_lines(item: ObjectPlanInfo) -> Iterator[str]:
    for each in item.drift:
        live = "is gone" if each.live is None else f"is {value_text(each.live)}"
        told = f"{live}, wanted {value_text(each.wanted)}"
        yield f"drift: {each.path} {'is another one' if each.live == each.wanted == MASK else told}{by(each)}"
    yield from (
        f"beside ours: {each.path}, set by {each.manager}{f' at {each.at}' if each.at else ''}"
        for each in item.foreign
    )


def by(drift: FieldDriftInfo) -> str:
    if not drift.manager:
        return ""
    return f", by {drift.manager}" + (f" at {drift.at}" if drift.at else "")


def folded_line(folded: Sequence[FoldedInfo]) -> str:
    """`(not shown: 12 fields set by the API server or a webhook)`; empty when nothing is folded."""
    parts = [f"{each.count} field{'s' * (each.count != 1)} {FOLDED[each.reason]}" for each in folded]
    return f"(not shown: {'; '.join(parts)})" if parts else ""


def object_name(key: ObjectInfo) -> str:
    return f"{key.kind} {key.namespace}/{key.name}" if key.namespace else f"{key.kind} {key.name}"
