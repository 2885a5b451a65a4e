"""Which pods belong to the newest rollout of a workload.

Only they tell how the rollout goes: old pods that fail do not make it fail, and old pods that are ready
do not make it ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from cantata.core.health.kinds.daemon_set import DaemonSet
from cantata.core.health.kinds.stateful_set import StatefulSet
from cantata.core.health.live_index import POD_TEMPLATE_HASH, LiveIndex
from cantata.core.health.pod_status import Pod
from cantata.core.health.reading import Head, Live, Unreadable, read

H = TypeVar("H", bound=Head)

REVISION = "deployment.kubernetes.io/revision"
REVISION_HASH = "controller-revision-hash"
TEMPLATE_GENERATION = "pod-template-generation"
DAEMON_SET_GENERATION = "deprecated.daemonset.template.generation"


@dataclass(frozen=True, slots=True)
class WorkloadPods:
    """`current` are the pods of the newest rollout, `old` those of earlier ones that are still there, each
    sorted by name; ended and ending pods are in neither. `ended` are those that are in phase Failed, which
    tell why a Job failed. `in_order` says that an old pod which is not ready holds up the rollout."""

    current: tuple[Pod, ...] = ()
    old: tuple[Pod, ...] = ()
    ended: tuple[Pod, ...] = ()
    in_order: bool = False


def workload_pods(workload: Live, head: Head, index: LiveIndex) -> WorkloadPods:
    """Raises `Unreadable` when the workload itself cannot be read."""
    find = FINDERS.get(head.kind)
    return find(workload, head, index) if find else WorkloadPods()


def owned_pods(_: Live, head: Head, index: LiveIndex) -> WorkloadPods:
    """Every pod that the workload controls: Jobs and lone ReplicaSets have one template only."""
    return divide(pods_of(head, index), lambda _: True)


def deployment_pods(_: Live, head: Head, index: LiveIndex) -> WorkloadPods:
    """While the newest ReplicaSet is not seen yet, no pod is current."""
    sets = [item for item, _ in index.owned_by(head.metadata.uid, "ReplicaSet")]
    if not sets:
        return pods_without_replica_sets(head, index)
    found = newest_replica_set(head, index)
    newest = found[0].metadata.uid if found else None
    pods = [pod for item in sets for pod in pods_of(item, index)]
    return divide(pods, lambda pod: newest in owners(pod))


def newest_replica_set(head: Head, index: LiveIndex) -> tuple[Head, Live] | None:
    """The one whose revision the Deployment names; a rollback revives an old one under a new number. None
    while it is not seen."""
    sets = index.owned_by(head.metadata.uid, "ReplicaSet")
    found = max(sets, key=lambda item: (revision(item[0]), *age(item[0])), default=None)
    wanted = revision(head)
    return None if found is None or (wanted and revision(found[0]) != wanted) else found


def pods_without_replica_sets(head: Head, index: LiveIndex) -> WorkloadPods:
    """The hash of the youngest pod is taken for the newest one."""
    pods = readable(index.pods_by_name(head.metadata.namespace, head.metadata.name), Pod)
    if not pods:
        return WorkloadPods()
    youngest = max(pods, key=age)
    newest = youngest.metadata.labels.get(POD_TEMPLATE_HASH)
    return divide(pods, lambda pod: pod.metadata.labels.get(POD_TEMPLATE_HASH) == newest)


def stateful_set_pods(live: Live, head: Head, index: LiveIndex) -> WorkloadPods:
    """Pods that `OnDelete` or a partition keeps at the old revision are intended, so they are current."""
    stateful_set = read(live, StatefulSet)
    spec, newest = stateful_set.spec, stateful_set.status.update_revision
    rolling = spec.update_strategy.rolling_update
    partition = (rolling.partition or 0) if rolling else 0
    partition += spec.ordinals.start if spec.ordinals else 0
    by_hand = spec.update_strategy.type == "OnDelete"

    def is_current(pod: Pod) -> bool:
        label = pod.metadata.labels.get(REVISION_HASH)
        return by_hand or not newest or label == newest or ordinal(pod) < partition

    pods = pods_of(head, index)
    return divide(pods, is_current, in_order=spec.pod_management_policy != "Parallel")


def daemon_set_pods(live: Live, head: Head, index: LiveIndex) -> WorkloadPods:
    """A rollback raises the generation of the template and takes up an old revision again, with the pods that
    still are of it."""
    newest = head.metadata.annotations.get(DAEMON_SET_GENERATION)
    wanted = newest_hash(head, index)
    by_hand = read(live, DaemonSet).spec.update_strategy.type == "OnDelete"

    def is_current(pod: Pod) -> bool:
        labels = pod.metadata.labels
        same = bool(wanted) and labels.get(REVISION_HASH) == wanted
        return by_hand or not newest or same or labels.get(TEMPLATE_GENERATION) == newest

    return divide(pods_of(head, index), is_current)


class ControllerRevision(Head, frozen=True, rename="camel"):
    revision: int = 0


def newest_hash(head: Head, index: LiveIndex) -> str:
    """The hash of the newest template of a DaemonSet; empty where its revisions are not seen."""
    found = readable(
        (live for _, live in index.owned_by(head.metadata.uid, "ControllerRevision")), ControllerRevision
    )
    newest = max(found, key=lambda item: (item.revision, *age(item)), default=None)
    return newest.metadata.labels.get(REVISION_HASH, "") if newest else ""


def the_pod_itself(live: Live, _: Head, __: LiveIndex) -> WorkloadPods:
    return divide([read(live, Pod)], lambda _: True)


Finder = Callable[[Live, Head, LiveIndex], WorkloadPods]

FINDERS: dict[str, Finder] = {
    "Deployment": deployment_pods,
    "StatefulSet": stateful_set_pods,
    "DaemonSet": daemon_set_pods,
    "ReplicaSet": owned_pods,
    "ReplicationController": owned_pods,
    "Job": owned_pods,
    "Pod": the_pod_itself,
}
"""By the kind of workload; kinds that are not listed have no pods of their own."""


def divide(pods: Iterable[Pod], is_current: Callable[[Pod], bool], *, in_order: bool = False) -> WorkloadPods:
    everyone = sorted(pods, key=lambda pod: pod.metadata.name)
    alive = [pod for pod in everyone if not pod.ended and not pod.metadata.deletion_timestamp]
    return WorkloadPods(
        current=tuple(pod for pod in alive if is_current(pod)),
        old=tuple(pod for pod in alive if not is_current(pod)),
        ended=tuple(pod for pod in everyone if pod.status.phase == "Failed"),
        in_order=in_order,
    )


def pods_of(head: Head, index: LiveIndex) -> list[Pod]:
    return readable((live for _, live in index.owned_by(head.metadata.uid, "Pod")), Pod)


def readable(items: Iterable[Live], kind: type[H]) -> list[H]:
    """Pods of a wrong shape tell nothing; the workload's own counts still do."""
    found = []
    for item in items:
        try:
            found.append(read(item, kind))
        except Unreadable:
            continue
    return found


def age(head: Head) -> tuple[str, str]:
    """Sorts from the oldest to the youngest, those of one second by name."""
    return head.metadata.creation_timestamp, head.metadata.name


def owners(pod: Pod) -> set[str]:
    return {owner.uid for owner in pod.metadata.owner_references if owner.controller}


def revision(head: Head) -> int:
    """The rollout's number that the Deployment controller writes; 0 where there is none."""
    text = head.metadata.annotations.get(REVISION, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def ordinal(pod: Pod) -> int:
    """The number at the end of a StatefulSet's pod; beyond every partition when there is none."""
    text = pod.metadata.name.rpartition("-")[2]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 2**31
