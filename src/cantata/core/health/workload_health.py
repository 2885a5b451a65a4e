"""A workload together with its pods: what its counts say, and why they do not agree."""

from __future__ import annotations

import msgspec

from cantata.core.health.current_pods import WorkloadPods, newest_replica_set, workload_pods
from cantata.core.health.health import Cause, Health
from cantata.core.health.kinds.refusal import refusal, replica_failure
from cantata.core.health.kinds.replica_set import ReplicaSet
from cantata.core.health.live_index import LiveIndex
from cantata.core.health.pod_causes import find_cause
from cantata.core.health.pod_status import Pod
from cantata.core.health.reading import Head, Live, Unreadable, count, read, read_head
from cantata.core.health.table import observe_health
from cantata.core.model.cards import CauseKind
from cantata.core.model.objects import ObjectKey
from cantata.core.model.states import HealthState

RETRIED_BY_JOBS = (
    CauseKind.CRASH_LOOP,
    CauseKind.OUT_OF_MEMORY,
    CauseKind.CONTAINER_FAILED,
    CauseKind.POD_FAILED,
    CauseKind.PROBE,
)
"""What a Job tries again up to its back-off limit: only its own `Failed` condition ends it."""

ROLLOUTS = {
    "Deployment": "ReplicaSet",
    "StatefulSet": "ControllerRevision",
    "DaemonSet": "ControllerRevision",
}
"""What a controller keeps of each rollout, by its kind."""

USUAL_AT_START = (CauseKind.PROBE, CauseKind.VOLUME)
"""What many pods pass through while they start: shown with its message, but no trouble until it lasts."""

UNFINISHED = (HealthState.PROGRESSING, HealthState.DEGRADED, HealthState.FAILED)
"""States in which pods have something to add."""


class WorkloadHealth(msgspec.Struct, frozen=True):
    """`health` with the state that the pods make of it; `causes` the most telling first."""

    health: Health
    causes: tuple[Cause, ...] = ()


def observe_workload(live: Live, index: LiveIndex, *, settled: bool = False) -> WorkloadHealth:
    """`settled` says that this service was ready at this revision before. Then a failing pod beside working
    ones is a loss (`degraded`), not a rollout that cannot succeed (`failed`). Never raises."""
    health = observe_health(live)
    if health.state not in UNFINISHED or not health.observed:
        return WorkloadHealth(health)
    head = read_head(live)
    if refused_before(head, health, index):
        message = f"{health.updated} of {count(health.desired or 0, 'pod')} updated"
        health = msgspec.structs.replace(health, state=HealthState.PROGRESSING, message=message, cause=None)
    pods = workload_pods(live, head, index)
    causes = find_causes(head, health, pods, index)
    if head.kind == "Job":
        return job_health(health, causes, pods)
    if health.cause and (head.kind != "Pod" or not causes):
        causes = (*causes, health.cause)
    causes = tuple(yielding(cause, head, index) for cause in causes)
    if not causes:
        lost = any(pod.lost_readiness for pod in pods.current)
        state = HealthState.DEGRADED if lost else health.state
        return WorkloadHealth(msgspec.structs.replace(health, state=state))
    state = judge(health, causes, pods, settled=settled or health.settled)
    message = explain(causes[0], pods)
    return WorkloadHealth(
        msgspec.structs.replace(health, state=state, message=message, cause=causes[0]), causes
    )


def refused_before(head: Head, health: Health, index: LiveIndex) -> bool:
    """Whether only pods of earlier rollouts were refused: a Deployment carries the condition of any of its
    ReplicaSets, those included that are about to go."""
    if head.kind != "Deployment" or health.cause is None or health.cause.kind is CauseKind.PROGRESS_DEADLINE:
        return False
    if not index.owned_by(head.metadata.uid, "ReplicaSet"):
        return False
    newest = newest_replica_set(head, index)
    try:
        return newest is None or replica_failure(read(newest[1], ReplicaSet).status.conditions) is None
    except Unreadable:
        return False


def judge(health: Health, causes: tuple[Cause, ...], pods: WorkloadPods, *, settled: bool) -> HealthState:
    if any(cause.terminal for cause in causes):
        return HealthState.DEGRADED if settled and health.available else HealthState.FAILED
    starting = all(cause.kind in USUAL_AT_START for cause in causes) and not settled
    if starting and not any(pod.lost_readiness for pod in pods.current):
        return health.state
    return HealthState.DEGRADED


def find_causes(head: Head, health: Health, pods: WorkloadPods, index: LiveIndex) -> tuple[Cause, ...]:
    """One cause for each kind and container, terminal ones first."""
    found = causes_of(pods.current, index)
    if not found and pods.in_order:
        found = [held_up(cause) for cause in causes_of(pods.old, index)]
    if head.kind == "Job" and health.cause and not found:
        # The youngest pod is the one that used up the last attempt.
        newest = sorted(pods.ended, key=lambda pod: pod.metadata.creation_timestamp)[-1:]
        found = causes_of(tuple(newest), index)
    refused = creation_refused(head, health, pods, index)
    if refused:
        found.insert(0, refused)
    found.sort(key=lambda cause: not cause.terminal)
    first: dict[tuple[CauseKind, str], Cause] = {}
    for cause in found:
        first.setdefault((cause.kind, cause.container), cause)
    return tuple(first.values())


def yielding(cause: Cause, head: Head, index: LiveIndex) -> Cause:
    """A quota may be used up by the very pods that a rollout replaces, and has room again as they go. The
    first rollout has none, and a quota that wants something said says so for ever."""
    used_up = cause.kind is CauseKind.QUOTA and "exceeded quota" in cause.message
    again = len(index.owned_by(head.metadata.uid, ROLLOUTS.get(head.kind, ""))) > 1
    return msgspec.structs.replace(cause, terminal=False) if used_up and again else cause


def causes_of(pods: tuple[Pod, ...], index: LiveIndex) -> list[Cause]:
    causes = (find_cause(pod, index.warnings_of(pod.metadata.uid)) or claim_cause(pod, index) for pod in pods)
    return [cause for cause in causes if cause]


def claim_cause(pod: Pod, index: LiveIndex) -> Cause | None:
    """Why a pod without a node waits for a volume: the newest warning about a claim that is not bound."""
    if pod.spec.node_name:
        return None
    sources = [volume.persistent_volume_claim for volume in pod.spec.volumes or ()]
    for claim in (source.claim_name for source in sources if source):
        live = index.find(ObjectKey("", "PersistentVolumeClaim", pod.metadata.namespace, claim))
        if live is None or observe_health(live).state is HealthState.READY:
            continue
        warnings = index.warnings_of(read_head(live).metadata.uid)
        if warnings:
            text = f"claim {claim}: {warnings[-1].text}"
            reason = warnings[-1].reason or ""
            return Cause(CauseKind.VOLUME, reason, text, terminal=False, pod=pod.metadata.name)
    return None


def held_up(cause: Cause) -> Cause:
    """A StatefulSet that works in order waits for its old pods, broken ones included."""
    message = f"a pod of the previous revision holds up the update: {cause.message}"
    return msgspec.structs.replace(cause, message=message, terminal=False)


def creation_refused(head: Head, health: Health, pods: WorkloadPods, index: LiveIndex) -> Cause | None:
    """StatefulSets, DaemonSets and Jobs tell a refused pod by events only. An event from before the youngest
    pod is out of date: creating has worked since."""
    if head.kind not in ("StatefulSet", "DaemonSet", "Job"):
        return None
    everyone = (*pods.current, *pods.old, *pods.ended)
    if len(pods.current) + len(pods.old) >= (health.desired or 0):
        return None
    youngest = max((pod.metadata.creation_timestamp for pod in everyone), default="")
    for event in reversed(index.warnings_of(head.metadata.uid)):
        if event.reason == "FailedCreate" and (not event.at or event.at >= youngest):
            return refusal("FailedCreate", event.text)
    return None


def job_health(health: Health, causes: tuple[Cause, ...], pods: WorkloadPods) -> WorkloadHealth:
    if health.cause:
        detail = causes[0] if causes else None
        if detail is None:
            return WorkloadHealth(health, (health.cause,))
        failed = msgspec.structs.replace(
            detail,
            kind=CauseKind.JOB_FAILED,
            reason=health.cause.reason,
            message=f"{health.cause.message}; {detail.message}",
            terminal=True,
        )
        failed_health = msgspec.structs.replace(health, message=failed.message, cause=failed)
        return WorkloadHealth(failed_health, (failed, *causes))
    causes = tuple(
        msgspec.structs.replace(cause, terminal=False) if cause.kind in RETRIED_BY_JOBS else cause
        for cause in causes
    )
    if not causes:
        return WorkloadHealth(health)
    causes = tuple(sorted(causes, key=lambda cause: not cause.terminal))
    state = HealthState.FAILED if causes[0].terminal else health.state
    if causes[0].kind not in (*RETRIED_BY_JOBS, *USUAL_AT_START) and state is HealthState.PROGRESSING:
        state = HealthState.DEGRADED
    message = explain(causes[0], pods)
    if state is HealthState.PROGRESSING:
        message = f"{health.message}; {message}"
    return WorkloadHealth(
        msgspec.structs.replace(health, state=state, message=message, cause=causes[0]), causes
    )


def explain(cause: Cause, pods: WorkloadPods) -> str:
    """`pod web-1: container web exited with code 1; 2 pods of the previous rollout still ready`."""
    where = f"pod {cause.pod}: " if cause.pod else ""
    working = sum(pod.ready for pod in pods.old)
    still = f"; {count(working, 'pod')} of the previous rollout still ready" if working else ""
    return f"{where}{cause.message}{still}"
