"""What a payload would do, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from cantata.cli.impact_text import impact_lines
from cantata.contract.triggers import TrialInfo


def trial_lines(trial: TrialInfo, *, objects: bool = True) -> list[str]:
    """The keys, the text's diff, and the impact."""
    return list(_lines(trial, objects=objects))


def _lines(trial: TrialInfo, *, objects: bool) -> Iterator[str]:
    if not trial.keys:
        about = f": it tells of {trial.cause}" if trial.cause else ""
        yield f"no rule is for this payload{about}"
        return
    for each in trial.keys:
        yield f"{each.key}: {each.old} → {each.new}" if each.changes else f"{each.key}: {each.old} already"
    if trial.diff:
        yield ""
        yield from trial.diff.splitlines()
    if trial.impact is None:
        yield f"config {trial.config} would not change"
        return
    yield ""
    yield from impact_lines(trial.impact, objects=objects)
