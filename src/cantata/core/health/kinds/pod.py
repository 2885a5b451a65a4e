"""Pods that stand alone; those of a workload are seen through it."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import Cause, Health
from cantata.core.health.pod_causes import find_cause
from cantata.core.health.pod_status import Pod
from cantata.core.health.reading import Live, images_of, read
from cantata.core.model.states import HealthState


def observe_pod(live: Live) -> Health:
    return pod_health(read(live, Pod))


def pod_health(pod: Pod) -> Health:
    ready = int(pod.ready)
    health = Health(
        state=HealthState.PROGRESSING,
        message=f"phase {pod.status.phase or 'not set yet'}",
        ready=ready,
        desired=1,
        updated=1,
        available=ready,
        images=images_of(pod.spec),
    )
    if pod.status.phase == "Succeeded":
        return msgspec.structs.replace(
            health, state=HealthState.READY, message="", ready=1, available=1, completed=True
        )
    if pod.ready and not pod.ended:
        return msgspec.structs.replace(health, state=HealthState.READY, message="")
    cause = find_cause(pod)
    if pod.status.phase == "Failed":
        message = cause.message if cause else "the pod failed"
        return msgspec.structs.replace(health, state=HealthState.FAILED, message=message, cause=cause)
    if cause:
        return msgspec.structs.replace(health, state=state_of(cause), message=cause.message, cause=cause)
    return health


def state_of(cause: Cause) -> HealthState:
    """What a cause makes of something that is not ready."""
    return HealthState.FAILED if cause.terminal else HealthState.DEGRADED
