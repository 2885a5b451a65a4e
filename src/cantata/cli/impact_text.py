"""What a config would change, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from cantata.cli.plan_text import object_plan_lines
from cantata.contract.impact import ApplicationImpactInfo, ImpactInfo

WORDS = {
    "pinned": "stays at its pinned version",
    "not_deployed": "is not deployed",
    "unchanged": "nothing changes",
}

HOW = {"create": "new", "delete": "gone"}


def impact_lines(impact: ImpactInfo, *, objects: bool = True) -> list[str]:
    """Changed applications with their services, then the others in a line each."""
    return list(_lines(impact, objects=objects))


def _lines(impact: ImpactInfo, *, objects: bool) -> Iterator[str]:
    if not impact.applications:
        yield f"no application uses config {impact.config}"
    quiet = [each for each in impact.applications if each.reach in WORDS]
    for told in impact.applications:
        if told.reach not in WORDS:
            yield from _application(told, objects=objects)
    yield from (f"application {told.application}: {WORDS[told.reach]}" for told in quiet)
    if impact.unread:
        yield f"read by no application: {', '.join(impact.unread)}"


def _application(told: ApplicationImpactInfo, *, objects: bool) -> Iterator[str]:
    rolling = [each.service for each in told.services if each.rolls]
    number = f"{len(told.services)} service{'s' if len(told.services) != 1 else ''}"
    yield f"application {told.application}: {number} would change"
    if told.error:
        yield f"  it could not be deployed: {told.error}"
    for each in told.services:
        how = "pods are replaced" if each.rolls else HOW.get(each.action, "in place")
        keys = f" by {', '.join(each.keys)}" if each.keys else ""
        yield f"  service {each.service} ({how}){keys}"
        if objects:
            yield from (f"  {line}" for item in each.objects for line in object_plan_lines(item))
    if len(told.order) > 1 and rolling:
        yield "  order: " + " → ".join(", ".join(wave) for wave in told.order)
