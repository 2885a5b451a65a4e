"""Why a pod does not run: from its container states, its conditions and its warning events.

`find_cause` gives the first cause of this order: scheduling, then each container from the first init
container on, then what only events tell (mounts, probes, the sandbox).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from cantata.core.health.health import Cause
from cantata.core.health.pod_status import ContainerStatus, Pod, Terminated
from cantata.core.health.reading import Head, count, find_condition
from cantata.core.model.cards import CauseKind

WAITING: dict[str, CauseKind] = {
    "ErrImagePull": CauseKind.IMAGE_PULL,
    "ImagePullBackOff": CauseKind.IMAGE_PULL,
    "ErrImageNeverPull": CauseKind.IMAGE_PULL,
    "InvalidImageName": CauseKind.IMAGE_PULL,
    "ImageInspectError": CauseKind.IMAGE_PULL,
    "RegistryUnavailable": CauseKind.IMAGE_PULL,
    "SignatureValidationFailed": CauseKind.IMAGE_PULL,
    "CreateContainerConfigError": CauseKind.MISSING_REFERENCE,
    "CreateContainerError": CauseKind.CONTAINER_START,
    "RunContainerError": CauseKind.CONTAINER_START,
    "PreCreateHookError": CauseKind.CONTAINER_START,
    "PreStartHookError": CauseKind.CONTAINER_START,
    "PostStartHookError": CauseKind.CONTAINER_START,
}
"""Reasons of a waiting container that say by themselves what is wrong."""

ABSENT = re.compile("not found|couldn't find")
"""What the kubelet says of a ConfigMap, Secret or key that is not there. It refuses the rest of a container's
configuration by the same reason: a user that is root, a path that is none."""

CANNOT_START = ("StartError", "ContainerCannotRun")
"""Reasons of a terminated container whose command never ran."""

NORMAL_WAITS = ("ContainerCreating", "PodInitializing")
"""Reasons of a container that is being made, for instance again after its node came back."""

RESTARTS_OF_A_LOOP = 2
"""From this many restarts after errors on, a container is in a loop until it is ready, also while it runs for
a moment: else the state would change with every attempt."""

VOLUME_WAITS = ("unbound immediate PersistentVolumeClaims", "waiting for ephemeral volume controller")
"""Parts of a scheduler's message that every pod with a new volume passes through."""


OF_KUBELETS = re.compile(
    r"^(?:HTTP probe failed|Get \"|dial |context deadline|service unhealthy|command timed out)"
)
"""Words of kubelets about a probe; all others are what a command printed."""


class EventSource(msgspec.Struct, frozen=True, rename="camel"):
    uid: str = ""


class EventSeries(msgspec.Struct, frozen=True, rename="camel"):
    last_observed_time: str | None = None


class Event(Head, frozen=True, rename="camel"):
    """A Kubernetes event in either form: core/v1 (`involvedObject`, `message`) or events.k8s.io (`regarding`,
    `note`)."""

    type: str = ""
    reason: str | None = None
    message: str | None = None
    note: str | None = None
    involved_object: EventSource | None = None
    regarding: EventSource | None = None
    last_timestamp: str | None = None
    deprecated_last_timestamp: str | None = None
    event_time: str | None = None
    series: EventSeries | None = None

    @property
    def about(self) -> str:
        source = self.regarding or self.involved_object
        return source.uid if source else ""

    @property
    def text(self) -> str:
        return self.message or self.note or self.reason or ""

    @property
    def at(self) -> str:
        """When it was last seen, RFC 3339; empty when it does not say."""
        series = self.series.last_observed_time if self.series else None
        times = (series, self.last_timestamp, self.deprecated_last_timestamp, self.event_time)
        return next((time for time in times if time), "")


def find_cause(pod: Pod, warnings: Sequence[Event] = ()) -> Cause | None:
    """Why this pod is not ready; None while nothing is known to be wrong, or when it is ready or ending.

    `warnings` are the pod's warning events, oldest first.
    """
    if pod.ready or pod.metadata.deletion_timestamp or pod.status.phase == "Succeeded":
        return None
    cause = unscheduled(pod) or first_container_cause(pod, warnings) or event_cause(pod, warnings)
    if cause is None and pod.status.phase == "Failed":
        reason = pod.status.reason or "Failed"
        cause = Cause(CauseKind.POD_FAILED, reason, pod.status.message or f"the pod failed: {reason}")
    return msgspec.structs.replace(cause, pod=pod.metadata.name) if cause else None


def unscheduled(pod: Pod) -> Cause | None:
    """Not terminal: a node may join or become free. Volumes that are being made are no cause."""
    condition = find_condition(pod.status.conditions, "PodScheduled")
    if condition is None or condition.status != "False" or condition.reason != "Unschedulable":
        return None
    text = condition.explanation
    if any(wait in text for wait in VOLUME_WAITS):
        return None
    if text.startswith("persistentvolumeclaim ") and "not found" in text:
        return Cause(CauseKind.MISSING_REFERENCE, "Unschedulable", text, terminal=False)
    return Cause(CauseKind.UNSCHEDULABLE, "Unschedulable", text, terminal=False)


def first_container_cause(pod: Pod, warnings: Sequence[Event]) -> Cause | None:
    for container in pod.containers:
        if container.state.running and pod.lost_readiness:
            continue  # It has come up since it was started last: what ended before is over.
        cause = container_cause(container, pod.spec.restart_policy or "Always", warnings)
        if cause:
            return msgspec.structs.replace(cause, container=container.name, restarts=container.restart_count)
    return None


def container_cause(
    container: ContainerStatus, restart_policy: str, warnings: Sequence[Event]
) -> Cause | None:
    state = container.state
    waiting = state.waiting
    reason = (waiting.reason or "") if waiting else ""
    if waiting and reason in WAITING:
        text = waiting.message or reason
        kind = WAITING[reason]
        if kind is CauseKind.MISSING_REFERENCE and not ABSENT.search(text):
            kind = CauseKind.CONTAINER_START
        return Cause(kind, reason, f"container {container.name}: {text}")
    ended = state.terminated or container.last_state.terminated
    if container.ready or ended is None:
        if reason == "CrashLoopBackOff":
            return Cause(CauseKind.CRASH_LOOP, reason, f"container {container.name} crash loops")
        return None
    if state.terminated and restart_policy == "Never":
        return once_failed(container, ended)
    looping = reason == "CrashLoopBackOff" or (
        container.restart_count >= RESTARTS_OF_A_LOOP and ended.exit_code != 0 and reason not in NORMAL_WAITS
    )
    return crashed(container, ended, reason, warnings, terminal=looping)


def once_failed(container: ContainerStatus, ended: Terminated) -> Cause | None:
    """A container that is not started again."""
    if ended.exit_code == 0:
        return None
    kind = CauseKind.OUT_OF_MEMORY if ended.reason == "OOMKilled" else CauseKind.CONTAINER_FAILED
    kind = CauseKind.CONTAINER_START if ended.reason in CANNOT_START else kind
    return Cause(
        kind, ended.reason or "Error", story(container, ended), exit_code=ended.exit_code, said=words(ended)
    )


def crashed(
    container: ContainerStatus, ended: Terminated, waiting: str, warnings: Sequence[Event], *, terminal: bool
) -> Cause | None:
    """A container that ended and is (or will be) started again."""
    if ended.exit_code == 0 and not terminal:
        return None
    text, said = story(container, ended), words(ended)
    kind = CauseKind.CRASH_LOOP
    if ended.reason == "OOMKilled":
        kind = CauseKind.OUT_OF_MEMORY
    elif ended.reason in CANNOT_START:
        kind = CauseKind.CONTAINER_START
    else:
        probe = next((w for w in reversed(warnings) if killed_by_probe(w)), None)
        if probe:
            told, answered = probe_words(probe.text)
            kind, text, said = CauseKind.PROBE, f"{text}; {told}", answered or said
    reason = waiting or ended.reason or "Error"
    return Cause(kind, reason, text, terminal, exit_code=ended.exit_code, said=said)


def killed_by_probe(event: Event) -> bool:
    return event.reason == "Unhealthy" and event.text.startswith(("Liveness probe", "Startup probe"))


def story(container: ContainerStatus, ended: Terminated) -> str:
    """`container web exited with code 1 (4 restarts)`."""
    how = f"exited with code {ended.exit_code}"
    if ended.reason == "OOMKilled":
        how = "was killed at its memory limit"
    elif ended.reason in CANNOT_START:
        how = "could not be started"
    times = f" ({count(container.restart_count, 'restart')})" if container.restart_count else ""
    return f"container {container.name} {how}{times}"


def words(ended: Terminated) -> str:
    """What the program left as its last message; kubelets put the end of its log there, too."""
    return (ended.message or "").strip()


def probe_words(text: str) -> tuple[str, str]:
    """What an event says of a probe, and apart from it what a command printed that is one."""
    which, _, what = text.partition(": ")
    return (text, "") if not what or OF_KUBELETS.search(what) else (which, what)


def event_cause(pod: Pod, warnings: Sequence[Event]) -> Cause | None:
    """What no field of the pod says. The newest event that fits the pod's present state counts."""
    started = any(c.state.running or c.state.terminated for c in pod.containers)
    for event in reversed(warnings):
        reason, text = event.reason or "", event.text
        if reason in ("FailedMount", "FailedAttachVolume") and not started:
            absent = "not found" in text or "references non-existent" in text
            kind = CauseKind.MISSING_REFERENCE if absent else CauseKind.MOUNT
            return Cause(kind, reason, text, terminal=absent)
        if reason == "FailedCreatePodSandBox" and not started:
            return Cause(CauseKind.CONTAINER_START, reason, text, terminal=False)
        if reason == "Unhealthy" and started:
            told, said = probe_words(text)
            return Cause(CauseKind.PROBE, reason, told, terminal=False, said=said)
    return None
