"""When an application has fallen ill, and when it is well again."""

from __future__ import annotations

from cantata.core.model.events import EventType
from cantata.core.model.states import ServiceState

WELL = frozenset({ServiceState.READY, ServiceState.PAUSED})
ILL = frozenset({ServiceState.DEGRADED, ServiceState.FAILED})
"""All other states are on the way, or unknown: they say nothing."""


def transition(state: ServiceState, *, was_ill: bool) -> EventType | None:
    """What is to be told of an application in this state that no operation is at; None for no news."""
    if state in ILL and not was_ill:
        return EventType.DEGRADED
    if state in WELL and was_ill:
        return EventType.RECOVERED
    return None
