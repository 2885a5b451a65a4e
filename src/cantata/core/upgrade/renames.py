"""Variables that are likely the same under another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cantata.core.config import Path
from cantata.core.model.variables import ChartVariables
from cantata.core.upgrade.compare import UpgradeKind, ValueUpgrade
from cantata.core.upgrade.defaults import kind_of, same

GONE = (UpgradeKind.ORPHANED, UpgradeKind.REMOVED)


def with_renames(
    found: Sequence[ValueUpgrade], old: ChartVariables, new: ChartVariables
) -> tuple[ValueUpgrade, ...]:
    """Those that are gone with where they may be now: a new one that says the same of itself, or that has the
    same default and the same last word. Where two would fit, none is named: it is proposed only."""
    before, after = _descriptions(old), _descriptions(new)
    added = [each for each in found if each.kind is UpgradeKind.ADDED]

    def fits(gone: ValueUpgrade, candidate: ValueUpgrade) -> bool:
        if gone.old is None or candidate.new is None:
            return False
        if kind_of(gone.old.value) != kind_of(candidate.new.value):
            return False
        described = before.get(gone.path, "")
        if described and described == after.get(candidate.path):
            return True
        return gone.path[-1] == candidate.path[-1] and same(
            replace(gone.old, path=candidate.path), candidate.new
        )

    def moved(gone: ValueUpgrade) -> Path | None:
        candidates = {each.path for each in added if fits(gone, each)}
        return candidates.pop() if len(candidates) == 1 else None

    proposed = {each.path: moved(each) for each in found if each.kind in GONE}
    taken = list(proposed.values())
    return tuple(
        replace(each, moved=path)
        if (path := proposed.get(each.path)) is not None and each.kind in GONE and taken.count(path) == 1
        else each
        for each in found
    )


def _descriptions(variables: ChartVariables) -> Mapping[Path, str]:
    return {each.path: each.description.strip() for each in variables.values if each.description.strip()}
