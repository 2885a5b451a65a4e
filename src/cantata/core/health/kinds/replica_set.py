"""ReplicaSets that stand alone, and ReplicationControllers, which have the same fields. The ReplicaSets of a
Deployment are seen through it."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import UNOBSERVED, Health
from cantata.core.health.kinds.refusal import replica_failure
from cantata.core.health.reading import Conditions, Head, Live, PodTemplate, count, images_of, read
from cantata.core.model.states import HealthState


class ReplicaSetSpec(msgspec.Struct, frozen=True, rename="camel"):
    replicas: int | None = None
    template: PodTemplate = PodTemplate()


class ReplicaSetStatus(msgspec.Struct, frozen=True, rename="camel"):
    observed_generation: int = 0
    replicas: int = 0
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    conditions: Conditions = None


class ReplicaSet(Head, frozen=True, rename="camel"):
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()


def observe_replica_set(live: Live) -> Health:
    replica_set = read(live, ReplicaSet)
    spec, status = replica_set.spec, replica_set.status
    desired = 1 if spec.replicas is None else spec.replicas
    health = Health(
        state=HealthState.PROGRESSING,
        ready=status.ready_replicas,
        desired=desired,
        updated=status.fully_labeled_replicas,
        available=status.available_replicas,
        images=images_of(spec.template.spec),
    )
    if status.observed_generation < replica_set.metadata.generation:
        return msgspec.structs.replace(health, observed=False, message=UNOBSERVED)
    waits = missing(status, desired)
    cause = replica_failure(status.conditions)
    if cause and waits:
        return msgspec.structs.replace(health, state=HealthState.FAILED, message=cause.message, cause=cause)
    if waits:
        return msgspec.structs.replace(health, message=waits)
    return msgspec.structs.replace(health, state=HealthState.READY)


def missing(status: ReplicaSetStatus, desired: int) -> str:
    if status.replicas < desired or status.fully_labeled_replicas < desired:
        return f"{min(status.replicas, status.fully_labeled_replicas)} of {count(desired, 'pod')} created"
    if status.replicas > desired:
        return f"{count(status.replicas - desired, 'surplus pod')} to end"
    if status.available_replicas < desired or status.ready_replicas < desired:
        return f"{min(status.available_replicas, status.ready_replicas)} of {count(desired, 'pod')} available"
    if (status.fully_labeled_replicas, status.available_replicas, status.ready_replicas) != (desired,) * 3:
        return "the pod counts do not agree yet"
    return ""
