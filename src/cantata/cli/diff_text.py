"""A diff as lines for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from cantata.cli.change_text import Change, change_lines, side_by_side
from cantata.cli.plan_text import (
    by,
    drift_lines,
    folded_line,
    object_line,
    object_name,
    unverified_lines,
    value_change_lines,
)
from cantata.contract.diffs import LIVE, DiffInfo, FileChangeInfo
from cantata.contract.plans import FieldChangeInfo, ObjectPlanInfo, ServicePlanInfo

SIGNS = {"added": "+", "removed": "-", "changed": "~"}

SEEN = {"delete": "- gone from the cluster:", "update": "~ drifted:", "unchanged": "  as wanted:"}
"""What is told of an object that is live, in the place of an action."""

Fields = Callable[[Sequence[Change]], Iterator[str]]


def diff_lines(diff: DiffInfo, *, width: int = 0) -> list[str]:
    """Intent, then effect and drift by service and object. With a `width`, fields stand side by side."""
    fields = partial(side_by_side, width=width) if width else change_lines
    return list(_lines(diff, fields, beside=bool(width)))


def _lines(diff: DiffInfo, fields: Fields, *, beside: bool) -> Iterator[str]:
    yield f"application {diff.application}: {diff.old} → {diff.new}"
    for change in diff.versions:
        yield from (f"  {line}" for line in value_change_lines(change))
    yield from (f"  {_file(each)}" for each in diff.files)
    for change in diff.values:
        yield from (f"  {line}" for line in value_change_lines(change))
    for service in diff.services:
        yield from _service(service, fields, live=diff.new == LIVE, beside=beside)
    if not diff.differs:
        told = diff.versions or diff.files or diff.values
        yield "no service would change" if told else "nothing differs"
    if folded := folded_line(diff.folded):
        yield folded
    yield from unverified_lines(diff.services)


def _file(each: FileChangeInfo) -> str:
    return f"{SIGNS[each.kind]} template file {each.path} (+{each.added} -{each.removed} lines)"


def service_lines(plan: ServicePlanInfo, title: str, *, width: int = 0) -> Iterator[str]:
    """What differs of the objects of a service below its title. With a `width`, fields stand side by side."""
    fields = partial(side_by_side, width=width) if width else change_lines
    yield from _service(plan, fields, live=False, beside=bool(width), title=title)


def _service(
    plan: ServicePlanInfo, fields: Fields, *, live: bool, beside: bool, title: str = ""
) -> Iterator[str]:
    objects = [item for item in plan.objects if item.action != "unchanged" or item.foreign]
    if objects:
        yield (title or f"service {plan.service}") + (" (pods are replaced)" if plan.rolls else "")
    for item in objects:
        yield f"  {SEEN[item.action]} {object_name(item.key)}" if live else f"  {object_line(item)}"
        yield from (f"      {line}" for line in _inside(item, fields, beside=beside))


def _inside(item: ObjectPlanInfo, fields: Fields, *, beside: bool) -> Iterator[str]:
    yield from fields(item.changes)
    if beside:
        yield from fields([FieldChangeInfo(each.path, each.wanted, each.live) for each in item.drift])
        yield from (f"drift: {each.path}{by(each)}" for each in item.drift)
        item = msgspec.structs.replace(item, drift=())
    yield from drift_lines(item)
