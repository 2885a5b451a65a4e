"""The failure card: what does not work, why, and what to change. One type everywhere it is shown."""

from __future__ import annotations

import enum

import msgspec


class CauseKind(enum.StrEnum):
    """Why something does not work, as a closed list. `reason` beside it keeps Kubernetes' own word."""

    IMAGE_PULL = "image_pull"
    """The image cannot be pulled, or its name is none."""
    PULL_SECRET = "pull_secret"
    """The image cannot be pulled, since the secret that it is to be pulled with is missing."""
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
    """A resource quota forbids more."""
    LIMIT_RANGE = "limit_range"
    """What the pods ask for is outside of the namespace's limits."""
    ADMISSION = "admission"
    """A webhook or a policy refuses the object."""
    JOB_FAILED = "job_failed"
    PROGRESS_DEADLINE = "progress_deadline"
    """The rollout made no progress for longer than its deadline."""
    POD_FAILED = "pod_failed"
    """The whole pod was ended: evicted, or rejected by its node."""
    INVALID = "invalid"
    """The API server does not take the object as it is."""
    IMMUTABLE_FIELD = "immutable_field"
    """A field can only be changed by making the object anew."""
    CONFLICT = "conflict"
    """Somebody else owns the object, or fields of it."""
    FORBIDDEN = "forbidden"
    """The credential of the cluster may not do that."""
    NAMESPACE_MISSING = "namespace_missing"
    NAMESPACE_TERMINATING = "namespace_terminating"
    KIND_MISSING = "kind_missing"
    """The cluster has no such kind: a CustomResourceDefinition is missing."""
    API_REMOVED = "api_removed"
    """The cluster serves this version of the API no longer."""
    CLUSTER_UNREACHABLE = "cluster_unreachable"
    STUCK = "stuck"
    """An object that was deleted does not go away."""
    OTHER = "other"


class Fact(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that is so: `memory limit` is `64Mi`."""

    name: str
    value: str


class Remedy(msgspec.Struct, frozen=True, rename="camel"):
    """Where to change what: a value of the config, a line of a template, or both.

    `key` is the config's key, `value` what it is now (masked if secret), `origin` where that is written
    (`config shop-dev@3`, `values.yaml of shop`) and `origin_line` the line there, counted from 1. `file` and
    `line` are of the template, its chart's name first. Unknown ones are empty or 0.
    """

    key: str = ""
    value: str = ""
    origin: str = ""
    origin_line: int = 0
    file: str = ""
    line: int = 0


class FailureCard(msgspec.Struct, frozen=True, rename="camel"):
    """One failure of one service, from the service down to what to change.

    `service` is empty for what belongs to the application as a whole. `reason` is Kubernetes' word
    (`ImagePullBackOff`), `message` what it said. `terminal` means that waiting alone does not help.
    `object`, `pod` and `container` name what failed, empty where it is not theirs. `log` holds the last
    lines of the container, of the one that died where one did. `likely` says what the cause probably is,
    `advice` what to do, in a sentence each; `remedies` where.
    """

    service: str
    kind: CauseKind
    reason: str
    message: str
    terminal: bool = True
    object: str = ""
    pod: str = ""
    container: str = ""
    exit_code: int | None = None
    restarts: int = 0
    facts: tuple[Fact, ...] = ()
    log: tuple[str, ...] = ()
    likely: str = ""
    advice: str = ""
    remedies: tuple[Remedy, ...] = ()
