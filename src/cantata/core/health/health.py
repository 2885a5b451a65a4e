"""The answer that every rule of this package gives."""

from __future__ import annotations

import enum

import msgspec

from cantata.core.model.states import HealthState


class CauseKind(enum.StrEnum):
    """Why something does not work, as a closed list. `reason` of a `Cause` keeps Kubernetes' own word."""

    IMAGE_PULL = "image_pull"
    """The image cannot be pulled, or its name is none."""
    CRASH_LOOP = "crash_loop"
    """A container ends again and again."""
    OUT_OF_MEMORY = "out_of_memory"
    """A container was killed at its memory limit."""
    CONTAINER_FAILED = "container_failed"
    """A container ended with an error and is not started again."""
    CONTAINER_START = "container_start"
    """The container cannot be created or its command cannot be run."""
    MISSING_REFERENCE = "missing_reference"
    """A ConfigMap, Secret, ServiceAccount or claim that is named does not exist, or lacks the key."""
    VOLUME = "volume"
    """A claim gets no volume."""
    MOUNT = "mount"
    """A volume cannot be attached or mounted."""
    UNSCHEDULABLE = "unschedulable"
    """No node takes the pod."""
    PROBE = "probe"
    """A startup, readiness or liveness probe fails."""
    QUOTA = "quota"
    """A resource quota forbids more pods."""
    ADMISSION = "admission"
    """The API server or a webhook refuses the pods."""
    JOB_FAILED = "job_failed"
    PROGRESS_DEADLINE = "progress_deadline"
    """The rollout made no progress for longer than its deadline."""
    POD_FAILED = "pod_failed"
    """The whole pod was ended: evicted, or rejected by its node."""


class Cause(msgspec.Struct, frozen=True, rename="camel"):
    """One reason why something does not work.

    `terminal` means that waiting alone does not help: somebody has to change something. `reason` is
    Kubernetes' word (`ImagePullBackOff`), `message` a sentence for a person. `pod` and `container` are names,
    empty where the cause is not theirs; `exit_code` and `restarts` are the container's, where one ran.
    """

    kind: CauseKind
    reason: str
    message: str
    terminal: bool = True
    pod: str = ""
    container: str = ""
    exit_code: int | None = None
    restarts: int = 0


class Health(msgspec.Struct, frozen=True, rename="camel"):
    """What one live object says.

    `message` is empty when there is nothing to say. `ready`, `desired`, `updated` and `available` count pods
    (completions of a Job) and are None for kinds that have none; of an `OnDelete` or partitioned workload
    `updated` still counts the pods of the newest revision. `notice` marks a state that is shown and never
    blocks. `completed` is true for a Job or pod that ended well. `observed` is false while the controller has
    not seen the newest specification, so that the pods are still those of the one before. `settled` is true
    when the rollout of this generation is known to have been complete once, so that what is missing now was
    lost afterwards.
    """

    state: HealthState
    message: str = ""
    ready: int | None = None
    desired: int | None = None
    updated: int | None = None
    available: int | None = None
    images: tuple[str, ...] = ()
    notice: bool = False
    completed: bool = False
    observed: bool = True
    settled: bool = False
    cause: Cause | None = None

    @property
    def blocks(self) -> bool:
        """Whether somebody who waits for this object has to go on waiting."""
        return self.state is not HealthState.READY and not self.notice


READY = Health(HealthState.READY)

UNOBSERVED = "the controller has not seen the newest specification yet"
