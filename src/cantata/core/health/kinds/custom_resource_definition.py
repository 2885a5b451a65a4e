"""CustomResourceDefinitions: ready when Established, and therefore served."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import READY, Health
from cantata.core.health.reading import Conditions, Head, Live, find_condition, is_true, read
from cantata.core.model.states import HealthState


class DefinitionStatus(msgspec.Struct, frozen=True, rename="camel"):
    conditions: Conditions = None


class CustomResourceDefinition(Head, frozen=True, rename="camel"):
    status: DefinitionStatus = DefinitionStatus()


def observe_custom_resource_definition(live: Live) -> Health:
    conditions = read(live, CustomResourceDefinition).status.conditions
    names = find_condition(conditions, "NamesAccepted")
    if names and names.status == "False":
        return Health(HealthState.FAILED, names.explanation)
    if is_true(conditions, "Established"):
        return READY
    established = find_condition(conditions, "Established")
    text = established.explanation if established else ""
    return Health(HealthState.PROGRESSING, text or "the definition is not established yet")
