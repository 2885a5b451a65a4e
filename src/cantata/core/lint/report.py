"""Findings as they are told: each once, with its place in the chart's folder, in the order of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from cantata.core.lint.rules import RULES
from cantata.core.model.findings import Finding, Severity

ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTICE: 2}


class Reported(msgspec.Struct, frozen=True):
    """A finding with the names of the sets of values that have it; none where it has nothing to do with
    values, or where all have it."""

    finding: Finding
    sets: tuple[str, ...] = ()


def relative(finding: Finding, chart: str) -> Finding:
    """With its path inside of the chart's folder: Helm puts the chart's name first. What no check found a
    line for is told at the first one, and every finding has a suggestion."""
    file = finding.file.removeprefix(f"{chart}/") or "Chart.yaml"
    rule = RULES.get(finding.rule)
    suggestion = finding.suggestion or (rule.do if rule is not None else "")
    return msgspec.structs.replace(finding, file=file, line=finding.line or 1, suggestion=suggestion)


def merge(by_set: Mapping[str, Iterable[Finding]]) -> tuple[Reported, ...]:
    """Equal findings of several sets are one."""
    seen: dict[Finding, list[str]] = {}
    for name, findings in by_set.items():
        for finding in dict.fromkeys(findings):
            seen.setdefault(finding, []).append(name)
    everywhere = len(by_set)
    reported = (
        Reported(finding, () if len(names) == everywhere else tuple(names)) for finding, names in seen.items()
    )
    return tuple(
        sorted(
            reported,
            key=lambda each: (
                each.finding.file,
                each.finding.line,
                ORDER[each.finding.severity],
                each.finding.rule,
                each.finding.message,
            ),
        )
    )
