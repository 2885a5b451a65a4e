"""Any kind without a rule of its own, custom resources first, by kstatus' conventions.

Only a generation that was not seen, `Reconciling`, `Stalled`, `Ready` and `Available` are understood; an
object that has none of them is ready once it exists. A custom resource that is merely not ready yet is a
notice, since its operator may come later in the same deploy; one that says `Stalled` has failed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.core.health.health import READY, Health
from cantata.core.health.reading import Condition, Head, Live, find_condition, is_true, read
from cantata.core.model.states import HealthState


class Anything(Head, frozen=True, rename="camel"):
    """`status` may have any shape: its kind is not ours to know."""

    status: Any = None


def observe_unknown(live: Live) -> Health:
    anything = read(live, Anything)
    status = anything.status if isinstance(anything.status, dict) else {}
    generation = anything.metadata.generation
    conditions = conditions_of(status)
    if is_stale(status.get("observedGeneration"), generation):
        return waiting("its controller has not seen the newest specification yet")
    stalled = find_condition(conditions, "Stalled")
    if stalled and stalled.status == "True":
        return Health(HealthState.FAILED, stalled.explanation or "it is stalled")
    reconciling = find_condition(conditions, "Reconciling")
    if reconciling and reconciling.status == "True":
        return waiting(reconciling.explanation or "its controller works on it")
    condition = find_condition(conditions, "Ready") or find_condition(conditions, "Available")
    if condition is None:
        return READY
    if is_stale(condition.observed_generation, generation):
        return waiting("its controller has not seen the newest specification yet")
    if is_true((condition,), condition.type):
        return READY
    return waiting(condition.explanation or f"it is not {condition.type} yet")


def waiting(message: str) -> Health:
    return Health(HealthState.PROGRESSING, message, notice=True)


def is_stale(observed: object, generation: int) -> bool:
    """kstatus counts every difference, not only a smaller number."""
    return isinstance(observed, int) and not isinstance(observed, bool) and observed != generation


def conditions_of(status: dict[Any, Any]) -> tuple[Condition, ...]:
    """The entries that look like conditions; others are passed over."""
    entries = status.get("conditions")
    found = []
    for entry in entries if isinstance(entries, list) else ():
        try:
            found.append(msgspec.convert(entry, Condition))
        except msgspec.ValidationError:
            continue
    return tuple(found)
