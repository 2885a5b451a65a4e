"""Every cause is met for real: on the sandbox, with its card."""

from __future__ import annotations

from pathlib import Path

import pytest

from cantata.core.model.cards import CauseKind

SEEN = "".join(
    path.read_text()
    for path in sorted((Path(__file__).parents[2] / "e2e").glob("test_*.py"))
    if path.name.startswith("test_cards_") or path.name == "test_live_state.py"
)
BEFORE = {CauseKind.NAMESPACE_MISSING: ("test_bad_deploys.py", '"NamespaceMissing"')}
"""Causes that are refused before there is an operation, in all but a race."""


@pytest.mark.parametrize("kind", [kind for kind in CauseKind if kind not in BEFORE])
def test_a_cause_is_reproduced_on_the_sandbox(kind: CauseKind) -> None:
    assert f'"{kind.value}"' in SEEN


@pytest.mark.parametrize("kind", BEFORE)
def test_a_cause_is_refused_before_there_is_an_operation(kind: CauseKind) -> None:
    name, code = BEFORE[kind]
    assert code in (Path(__file__).parents[2] / "e2e" / name).read_text()
