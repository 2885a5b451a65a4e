"""Changes and diffs as lines for people."""

from __future__ import annotations

from typing import Any

import pytest

from cantata.cli.change_text import change_lines, side_by_side
from cantata.cli.diff_text import diff_lines
from cantata.contract.diffs import DiffInfo
from cantata.contract.plans import (
    MASK,
    FieldChangeInfo,
    FieldDriftInfo,
    ForeignFieldInfo,
    ObjectInfo,
    ObjectPlanInfo,
    ServicePlanInfo,
    ValueChangeInfo,
)
from cantata.core.config import MASK as SHOWN_FOR_SECRETS

RULE = {"host": "dev.example.com", "http": {"paths": ["/" + "x" * 60, "/api", "/" + "y" * 60]}}
CHANGES: dict[str, tuple[Any, Any, list[str]]] = {
    "short": ([1], [1, 2], ["at: [1] → [1, 2]"]),
    "new": (None, 2, ["at: (absent) → 2"]),
    "gone": (2, None, ["at: 2 → (absent)"]),
    "secret": (MASK, MASK, ["at: **** (another one)"]),
    "new secret": (None, MASK, ['at: (absent) → "****"']),
    "text": ("a\nb\n", "a\nc\n", ["at:", "  @@ -1,2 +1,2 @@", "   a", "  -b", "  +c"]),
    "inside of items": (
        [RULE],
        [{**RULE, "host": "example.com"}],
        ['at[0].host: "dev.example.com" → "example.com"'],
    ),
    "one item more": (
        [RULE, {"host": "b"}],
        [RULE, {"host": "b"}, {"host": "c"}],
        ["at:", "  @@ -2 +2,2 @@", '   {"host": "b"}', '  +{"host": "c"}'],
    ),
    "late in a line": (
        "x" * 200 + "a",
        "x" * 200 + "b",
        [f'at: …{"x" * 60}a" → …{"x" * 60}b"'],
    ),
}


@pytest.mark.parametrize(("old", "new", "lines"), CHANGES.values(), ids=CHANGES)
def test_a_change_shows_what_differs(old: Any, new: Any, lines: list[str]) -> None:
    assert list(change_lines([FieldChangeInfo("at", old, new)])) == lines


def test_secrets_of_both_sides_are_marked_side_by_side() -> None:
    assert MASK == SHOWN_FOR_SECRETS
    assert list(side_by_side([FieldChangeInfo("at", MASK, MASK)], 23)) == [
        "at",
        "****       | **** (another one)",
    ]


LIVE = DiffInfo(
    "shop",
    "revision 3",
    "live",
    differs=True,
    services=(
        ServicePlanInfo(
            "web",
            (
                ObjectPlanInfo(ObjectInfo("", "Service", "shop", "web"), "delete", "gone from the cluster"),
                ObjectPlanInfo(
                    ObjectInfo("apps", "Deployment", "shop", "web"),
                    "update",
                    drift=(FieldDriftInfo("spec.replicas", 1, 2, "kubectl-scale", "then"),),
                ),
                ObjectPlanInfo(
                    ObjectInfo("", "ConfigMap", "shop", "web"),
                    "unchanged",
                    foreign=(ForeignFieldInfo("metadata.labels.x", "kubectl-label"),),
                ),
            ),
        ),
    ),
)


def test_what_is_live_reads_as_what_was_seen() -> None:
    assert diff_lines(LIVE) == [
        "application shop: revision 3 → live",
        "service web",
        "  - gone from the cluster: Service shop/web",
        "  ~ drifted: Deployment shop/web",
        "      drift: spec.replicas is 2, wanted 1, by kubectl-scale at then",
        "    as wanted: ConfigMap shop/web",
        "      beside ours: metadata.labels.x, set by kubectl-label",
    ]
    assert "      1          | 2" in diff_lines(LIVE, width=23)


def test_values_that_change_no_object_are_no_empty_diff() -> None:
    diff = DiffInfo("shop", "revision 1", "edited", False, values=(ValueChangeInfo("a", 1, 2, ("web",)),))
    assert diff_lines(diff)[1:] == ["  a: 1 → 2 (web)", "no service would change"]
