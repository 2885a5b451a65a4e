"""Jobs. A Job is ready when it has completed; one that still tries again is progressing."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import Cause, Health
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


class JobSpec(msgspec.Struct, frozen=True, rename="camel"):
    completions: int | None = None
    suspend: bool | None = None
    template: PodTemplate = PodTemplate()


class JobStatus(msgspec.Struct, frozen=True, rename="camel"):
    succeeded: int | None = None
    failed: int | None = None
    start_time: str | None = None
    conditions: Conditions = None


class Job(Head, frozen=True, rename="camel"):
    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


def observe_job(live: Live) -> Health:
    job = read(live, Job)
    spec, status = job.spec, job.status
    succeeded = status.succeeded or 0
    desired = spec.completions if spec.completions is not None else 1
    health = Health(
        state=HealthState.PROGRESSING,
        ready=succeeded,
        desired=desired,
        images=images_of(spec.template.spec),
    )
    if is_true(status.conditions, "Complete"):
        # A success policy, or a work queue without completions, ends a Job with fewer or more successes.
        return msgspec.structs.replace(health, state=HealthState.READY, desired=succeeded, completed=True)
    cause = failure(status.conditions)
    if cause:
        return msgspec.structs.replace(health, state=HealthState.FAILED, message=cause.message, cause=cause)
    if spec.suspend:
        return msgspec.structs.replace(health, state=HealthState.PAUSED, message="the Job is suspended")
    return msgspec.structs.replace(health, message=progress(status, desired))


def failure(conditions: Conditions) -> Cause | None:
    """`FailureTarget` comes before `Failed`, while the Job's last pods still end."""
    for kind in ("Failed", "FailureTarget"):
        condition = find_condition(conditions, kind)
        if condition and condition.status == "True":
            message = condition.explanation or "the Job failed"
            return Cause(CauseKind.JOB_FAILED, condition.reason or kind, message)
    return None


def progress(status: JobStatus, desired: int) -> str:
    if not status.start_time:
        return "the Job has not started yet"
    tried = f", {count(status.failed, 'pod')} failed" if status.failed else ""
    return f"{status.succeeded or 0} of {count(desired, 'completion')}{tried}"
