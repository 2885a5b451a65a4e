"""Services' states → the one state of an application."""

from __future__ import annotations

from collections.abc import Iterable

from cantata.core.model.states import ServiceState

WORST_FIRST = (
    ServiceState.FAILED,
    ServiceState.DEGRADED,
    ServiceState.UNKNOWN,
    ServiceState.DELETING,
    ServiceState.PROGRESSING,
    ServiceState.PENDING,
    ServiceState.READY,
    ServiceState.PAUSED,
    ServiceState.NOT_DEPLOYED,
)


def application_state(services: Iterable[ServiceState]) -> ServiceState:
    """The worst state among the services.

    A service that is paused or not deployed on purpose says nothing about the others, so `paused` and
    `not_deployed` show only when no service is anything else. Services that wait while others have come up
    are an application in progress.
    """
    states = set(services)
    state = next((state for state in WORST_FIRST if state in states), ServiceState.NOT_DEPLOYED)
    if state is ServiceState.PENDING and ServiceState.READY in states:
        return ServiceState.PROGRESSING
    return state
