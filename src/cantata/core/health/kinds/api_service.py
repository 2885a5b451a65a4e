"""APIServices. One that does not answer is a notice: what serves it is somebody's workload, seen there."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import READY, Health
from cantata.core.health.reading import Conditions, Head, Live, find_condition, read
from cantata.core.model.states import HealthState


class APIServiceStatus(msgspec.Struct, frozen=True, rename="camel"):
    conditions: Conditions = None


class APIService(Head, frozen=True, rename="camel"):
    status: APIServiceStatus = APIServiceStatus()


def observe_api_service(live: Live) -> Health:
    available = find_condition(read(live, APIService).status.conditions, "Available")
    if available is None:
        return Health(HealthState.PROGRESSING, "the API has not been asked yet", notice=True)
    if available.status != "True":
        return Health(HealthState.DEGRADED, available.explanation, notice=True)
    return READY
