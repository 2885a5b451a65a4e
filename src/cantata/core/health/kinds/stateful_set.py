"""StatefulSets, after `kubectl rollout status` and kstatus.

With `OnDelete`, or below a partition, pods of the previous revision are intended: they have to be ready, not
updated.
"""

from __future__ import annotations

import msgspec

from cantata.core.health.health import UNOBSERVED, Health
from cantata.core.health.reading import Head, Live, PodTemplate, count, images_of, read
from cantata.core.model.states import HealthState


class RollingUpdate(msgspec.Struct, frozen=True, rename="camel"):
    partition: int | None = None


class UpdateStrategy(msgspec.Struct, frozen=True, rename="camel"):
    type: str | None = None
    rolling_update: RollingUpdate | None = None


class Ordinals(msgspec.Struct, frozen=True, rename="camel"):
    start: int = 0


class StatefulSetSpec(msgspec.Struct, frozen=True, rename="camel"):
    replicas: int | None = None
    template: PodTemplate = PodTemplate()
    update_strategy: UpdateStrategy = UpdateStrategy()
    pod_management_policy: str | None = None
    ordinals: Ordinals | None = None


class StatefulSetStatus(msgspec.Struct, frozen=True, rename="camel"):
    """`available_replicas` is None on servers that do not count it."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int | None = None
    current_revision: str = ""
    update_revision: str = ""


class StatefulSet(Head, frozen=True, rename="camel"):
    spec: StatefulSetSpec = StatefulSetSpec()
    status: StatefulSetStatus = StatefulSetStatus()


def observe_stateful_set(live: Live) -> Health:
    stateful_set = read(live, StatefulSet)
    spec, status = stateful_set.spec, stateful_set.status
    desired = 1 if spec.replicas is None else spec.replicas
    available = status.ready_replicas if status.available_replicas is None else status.available_replicas
    health = Health(
        state=HealthState.PROGRESSING,
        ready=status.ready_replicas,
        desired=desired,
        updated=status.updated_replicas,
        available=available,
        images=images_of(spec.template.spec),
    )
    if status.observed_generation == 0 or status.observed_generation < stateful_set.metadata.generation:
        return msgspec.structs.replace(health, observed=False, message=UNOBSERVED)
    waits = missing(status, desired, available) or outdated(spec.update_strategy, status, desired)
    if waits and desired > 1 and spec.pod_management_policy != "Parallel":
        waits = f"{waits}, one after another"
    if waits:
        return msgspec.structs.replace(health, message=waits)
    return msgspec.structs.replace(
        health, state=HealthState.READY, message=intended(spec.update_strategy, status, desired)
    )


def missing(status: StatefulSetStatus, desired: int, available: int) -> str:
    if status.replicas < desired:
        return f"{status.replicas} of {count(desired, 'pod')} created"
    if status.replicas > desired:
        return f"{count(status.replicas - desired, 'surplus pod')} to end"
    if status.ready_replicas < desired or available < desired:
        return f"{min(status.ready_replicas, available)} of {count(desired, 'pod')} available"
    if (status.ready_replicas, available) != (desired, desired):
        return "the pod counts do not agree yet"
    return ""


def outdated(strategy: UpdateStrategy, status: StatefulSetStatus, desired: int) -> str:
    """Which pods the rollout still has to replace; none when they are meant to stay."""
    if strategy.type == "OnDelete":
        return ""
    partition = strategy.rolling_update.partition if strategy.rolling_update else None
    wanted = max(desired - (partition or 0), 0)
    if status.updated_replicas < wanted:
        return f"{status.updated_replicas} of {count(wanted, 'pod')} updated"
    if partition is None and status.update_revision != status.current_revision:
        return "the update is not reported complete yet"
    return ""


def intended(strategy: UpdateStrategy, status: StatefulSetStatus, desired: int) -> str:
    old = desired - status.updated_replicas
    if old <= 0 or status.update_revision == status.current_revision:
        return ""
    if strategy.type == "OnDelete":
        return f"{count(old, 'pod')} of the previous revision until deleted (OnDelete)"
    return f"{count(old, 'pod')} of the previous revision below the partition"
