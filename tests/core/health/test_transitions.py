from __future__ import annotations

import pytest

from cantata.core.health.transitions import transition
from cantata.core.model.events import EventType
from cantata.core.model.states import ServiceState

ON_THE_WAY = ("progressing", "pending", "unknown", "deleting", "not_deployed")


@pytest.mark.parametrize(
    ("state", "was_ill", "told"),
    [
        ("ready", False, None),
        ("ready", True, EventType.RECOVERED),
        ("paused", True, EventType.RECOVERED),
        ("degraded", False, EventType.DEGRADED),
        ("failed", False, EventType.DEGRADED),
        ("failed", True, None),
        ("degraded", True, None),
        *((state, ill, None) for state in ON_THE_WAY for ill in (True, False)),
    ],
)
def test_each_change_is_told_once(state: str, was_ill: bool, told: EventType | None) -> None:
    assert transition(ServiceState(state), was_ill=was_ill) is told
