"""A diff as lines for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cantata.cli.change_text import Change, change_lines, side_by_side
from cantata.cli.plan_text import drift_lines, folded_line, object_line, value_change_lines
from cantata.contract.diffs import DiffInfo, FileChangeInfo
from cantata.contract.plans import ServicePlanInfo

SIGNS = {"added": "+", "removed": "-", "changed": "~"}

Fields = Callable[[Sequence[Change]], Iterator[str]]


def diff_lines(diff: DiffInfo, *, width: int = 0) -> list[str]:
    """Intent, then effect and drift by service and object. With a `width`, fields stand side by side."""
    return list(_lines(diff, partial(side_by_side, width=width) if width else change_lines))


def _lines(diff: DiffInfo, fields: Fields) -> Iterator[str]:
    yield f"application {diff.application}: {diff.old} → {diff.new}"
    for change in diff.versions:
        yield from (f"  {line}" for line in value_change_lines(change))
    yield from (f"  {_file(each)}" for each in diff.files)
    for change in diff.values:
        yield from (f"  {line}" for line in value_change_lines(change))
    for service in diff.services:
        yield from _service(service, fields)
    if not diff.differs:
        yield "nothing differs"
    if folded := folded_line(diff.folded):
        yield folded


def _file(each: FileChangeInfo) -> str:
    return f"{SIGNS[each.kind]} template file {each.path} (+{each.added} -{each.removed} lines)"


def _service(plan: ServicePlanInfo, fields: Fields) -> Iterator[str]:
    objects = [item for item in plan.objects if item.action != "unchanged" or item.foreign]
    if objects:
        yield f"service {plan.service}" + (" (pods are replaced)" if plan.rolls else "")
    for item in objects:
        yield f"  {object_line(item)}"
        yield from (f"      {line}" for line in fields(item.changes))
        yield from (f"      {line}" for line in drift_lines(item))
