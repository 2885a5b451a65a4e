"""DaemonSets, after `kubectl rollout status` and kstatus. With `OnDelete` old pods are intended."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import UNOBSERVED, Health
from cantata.core.health.reading import Head, Live, PodTemplate, count, images_of, read
from cantata.core.model.states import HealthState


class UpdateStrategy(msgspec.Struct, frozen=True, rename="camel"):
    type: str | None = None


class DaemonSetSpec(msgspec.Struct, frozen=True, rename="camel"):
    template: PodTemplate = PodTemplate()
    update_strategy: UpdateStrategy = UpdateStrategy()


class DaemonSetStatus(msgspec.Struct, frozen=True, rename="camel"):
    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0


class DaemonSet(Head, frozen=True, rename="camel"):
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()


def observe_daemon_set(live: Live) -> Health:
    daemon_set = read(live, DaemonSet)
    status = daemon_set.status
    desired = status.desired_number_scheduled
    health = Health(
        state=HealthState.PROGRESSING,
        ready=status.number_ready,
        desired=desired,
        updated=status.updated_number_scheduled,
        available=status.number_available,
        images=images_of(daemon_set.spec.template.spec),
    )
    if status.observed_generation == 0 or status.observed_generation < daemon_set.metadata.generation:
        return msgspec.structs.replace(health, observed=False, message=UNOBSERVED)
    waits = missing(status, desired, by_hand=daemon_set.spec.update_strategy.type == "OnDelete")
    if waits:
        return msgspec.structs.replace(health, message=waits)
    old = desired - status.updated_number_scheduled
    message = f"{count(old, 'pod')} of the previous revision until deleted (OnDelete)" if old > 0 else ""
    return msgspec.structs.replace(
        health, state=HealthState.READY, message=message if desired else "no node is selected"
    )


def missing(status: DaemonSetStatus, desired: int, *, by_hand: bool) -> str:
    if status.current_number_scheduled < desired:
        return f"{status.current_number_scheduled} of {count(desired, 'pod')} created"
    if not by_hand and status.updated_number_scheduled < desired:
        return f"{status.updated_number_scheduled} of {count(desired, 'pod')} updated"
    if status.number_available < desired or status.number_ready < desired:
        return f"{min(status.number_available, status.number_ready)} of {count(desired, 'pod')} available"
    if (status.number_available, status.number_ready) != (desired, desired):
        return "the pod counts do not agree yet"
    return ""
