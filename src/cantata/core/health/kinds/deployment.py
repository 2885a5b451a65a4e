"""Deployments, after `kubectl rollout status` and kstatus: ready only when both would say so."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import UNOBSERVED, Cause, Health
from cantata.core.health.kinds.refusal import replica_failure
from cantata.core.health.reading import (
    Conditions,
    Head,
    Live,
    PodTemplate,
    count,
    find_condition,
    images_of,
    is_true,
    read,
)
from cantata.core.model.cards import CauseKind
from cantata.core.model.states import HealthState

NO_DEADLINE = 2**31 - 1
"""The largest deadline means none; the controller then writes no `Progressing` condition."""


class DeploymentSpec(msgspec.Struct, frozen=True, rename="camel"):
    replicas: int | None = None
    paused: bool = False
    progress_deadline_seconds: int | None = None
    template: PodTemplate = PodTemplate()


class DeploymentStatus(msgspec.Struct, frozen=True, rename="camel"):
    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    conditions: Conditions = None


class Deployment(Head, frozen=True, rename="camel"):
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()


def observe_deployment(live: Live) -> Health:
    deployment = read(live, Deployment)
    spec, status = deployment.spec, deployment.status
    desired = 1 if spec.replicas is None else spec.replicas
    observed = status.observed_generation >= deployment.metadata.generation
    health = Health(
        state=HealthState.PROGRESSING,
        ready=status.ready_replicas,
        desired=desired,
        updated=status.updated_replicas,
        available=status.available_replicas,
        images=images_of(spec.template.spec),
        settled=observed and rolled_out(status.conditions),
    )
    if not observed:
        return msgspec.structs.replace(health, observed=False, message=UNOBSERVED)
    waits = missing(status, desired)
    cause = deadline_exceeded(status.conditions) or replica_failure(status.conditions)
    if cause and (waits or cause.kind is CauseKind.PROGRESS_DEADLINE):
        return msgspec.structs.replace(health, state=HealthState.FAILED, message=cause.message, cause=cause)
    if spec.paused:
        if waits:
            return msgspec.structs.replace(
                health, state=HealthState.PAUSED, message=f"the rollout is paused: {waits}"
            )
        return msgspec.structs.replace(health, state=HealthState.READY, message="rollouts are paused")
    waits = waits or unconfirmed(spec, status)
    if waits:
        return msgspec.structs.replace(health, message=waits)
    return msgspec.structs.replace(health, state=HealthState.READY)


def missing(status: DeploymentStatus, desired: int) -> str:
    """What the counts still lack, in the order in which a rollout gets there; empty when they agree."""
    if status.replicas < desired:
        return f"{status.replicas} of {count(desired, 'pod')} created"
    if status.updated_replicas < desired:
        return f"{status.updated_replicas} of {count(desired, 'pod')} updated"
    if status.replicas > status.updated_replicas:
        return f"{count(status.replicas - status.updated_replicas, 'old pod')} to end"
    if status.replicas > desired:
        return f"{count(status.replicas - desired, 'surplus pod')} to end"
    if status.available_replicas < desired or status.ready_replicas < desired:
        return f"{min(status.available_replicas, status.ready_replicas)} of {count(desired, 'pod')} available"
    if (status.updated_replicas, status.available_replicas, status.ready_replicas) != (desired,) * 3:
        return "the pod counts do not agree yet"
    return ""


def unconfirmed(spec: DeploymentSpec, status: DeploymentStatus) -> str:
    """What the conditions still lack although the counts agree."""
    has_deadline = (spec.progress_deadline_seconds or NO_DEADLINE) != NO_DEADLINE
    if has_deadline and not rolled_out(status.conditions):
        return "the newest ReplicaSet is not reported available yet"
    if not is_true(status.conditions, "Available"):
        return "the Deployment is not reported available yet"
    return ""


def rolled_out(conditions: Conditions) -> bool:
    progressing = find_condition(conditions, "Progressing")
    return (
        progressing is not None
        and progressing.status == "True"
        and progressing.reason == "NewReplicaSetAvailable"
    )


def deadline_exceeded(conditions: Conditions) -> Cause | None:
    progressing = find_condition(conditions, "Progressing")
    if progressing is None or progressing.reason != "ProgressDeadlineExceeded":
        return None
    return Cause(CauseKind.PROGRESS_DEADLINE, "ProgressDeadlineExceeded", progressing.explanation)
