"""A service's objects and pods → the one state of the service.

With a workload, the service is as ready as its workload, and whatever else is not ready is a notice. Without
one it is ready when its objects are accepted; only definitions, namespaces, objects that are going away and
objects that say that they failed hold it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from cantata.core.health.health import Cause, Health
from cantata.core.health.kinds.stateful_claims import claim_notices
from cantata.core.health.live_index import LiveIndex
from cantata.core.health.reading import Head, read_head
from cantata.core.health.table import WORKLOADS, observe_health
from cantata.core.health.workload_health import WorkloadHealth, observe_workload
from cantata.core.model.cards import CauseKind
from cantata.core.model.objects import ObjectKey
from cantata.core.model.states import HealthState, ServiceState

WORST_FIRST = (
    HealthState.FAILED,
    HealthState.DEGRADED,
    HealthState.UNKNOWN,
    HealthState.DELETING,
    HealthState.PROGRESSING,
    HealthState.PAUSED,
    HealthState.READY,
)


class Notice(msgspec.Struct, frozen=True, rename="camel"):
    """Something about one object of the service that a person should see and that does not block."""

    object: ObjectKey
    state: HealthState
    message: str


class ServiceHealth(msgspec.Struct, frozen=True, rename="camel"):
    """`kind` is the workload's kind, empty without one. `ready`, `desired` and `updated` are sums over the
    workloads, None where nothing is counted. `completed` is true when the service is ready and every
    Job of it has completed. `causes` has the most telling cause first."""

    state: ServiceState
    message: str = ""
    kind: str = ""
    ready: int | None = None
    desired: int | None = None
    updated: int | None = None
    images: tuple[str, ...] = ()
    completed: bool = False
    causes: tuple[Cause, ...] = ()
    notices: tuple[Notice, ...] = ()


def service_health(
    objects: Iterable[ObjectKey],
    index: LiveIndex,
    *,
    paused: bool = False,
    settled: bool = False,
    finished: Collection[ObjectKey] = (),
) -> ServiceHealth:
    """The state of the service that consists of `objects`, those of its objects that were accepted once.

    `paused`: somebody asked for zero pods. `settled`: this revision of the service was ready before.
    `finished`: Jobs of this revision that are recorded as completed, which hold after their object is gone.
    Never raises.
    """
    keys = tuple(sorted(set(objects)))
    if not any(index.find(key) is not None or key in finished for key in keys):
        return ServiceHealth(ServiceState.NOT_DEPLOYED)
    workloads = {
        key: present_workload(key, index, settled=settled, finished=finished)
        for key in keys
        if (key.group, key.kind) in WORKLOADS
    }
    others = {key: present_health(key, index) for key in keys if key not in workloads}
    if not workloads:
        return without_workload({key: as_workload(key, health) for key, health in others.items()})
    notices = (*notices_of({k: w.health for k, w in workloads.items()}, index), *worries(others))
    return with_workload(workloads, notices, paused=paused)


def present_workload(
    key: ObjectKey, index: LiveIndex, *, settled: bool, finished: Collection[ObjectKey]
) -> WorkloadHealth:
    live = index.find(key)
    if live is not None:
        return observe_workload(live, index, settled=settled)
    if key in finished:
        return WorkloadHealth(Health(HealthState.READY, completed=True))
    return WorkloadHealth(Health(HealthState.DEGRADED, f"{key} does not exist any more"))


def present_health(key: ObjectKey, index: LiveIndex) -> Health:
    live = index.find(key)
    return (
        Health(HealthState.DEGRADED, "it does not exist any more") if live is None else observe_health(live)
    )


def with_workload(
    workloads: dict[ObjectKey, WorkloadHealth], notices: tuple[Notice, ...], *, paused: bool
) -> ServiceHealth:
    healths = [workload.health for workload in workloads.values()]
    worst = min(healths, key=lambda health: WORST_FIRST.index(health.state))
    runs = [workload.health for key, workload in workloads.items() if key.kind == "Job"]
    desired = total(health.desired for health in healths)
    state, message = ServiceState(worst.state.value), worst.message
    if paused and state is ServiceState.READY and desired == 0:
        state, message = ServiceState.PAUSED, message or "scaled to zero"
    return ServiceHealth(
        state=state,
        message=message,
        kind=", ".join(dict.fromkeys(key.kind for key in workloads)),
        ready=total(health.ready for health in healths),
        desired=desired,
        updated=total(health.updated for health in healths),
        images=tuple(dict.fromkeys(image for health in healths for image in health.images)),
        completed=state is ServiceState.READY and all(health.completed for health in runs or healths),
        causes=tuple(cause for workload in workloads.values() for cause in workload.causes),
        notices=notices,
    )


def as_workload(key: ObjectKey, health: Health) -> Health:
    """Where a service has nothing else that runs, the custom resource of an operator stands for what that
    runs: its conditions are waited for, once the operator has written any."""
    return msgspec.structs.replace(health, notice=False) if is_custom(key) else health


def is_custom(key: ObjectKey) -> bool:
    return "." in key.group and not key.group.endswith(".k8s.io")


def without_workload(objects: dict[ObjectKey, Health]) -> ServiceHealth:
    """An object that says that it failed makes the service degraded, since it has nothing that could run; a
    custom resource makes it fail."""
    holding = {key: health for key, health in objects.items() if health.blocks}
    rest = {key: health for key, health in objects.items() if key not in holding}
    kind = ", ".join(dict.fromkeys(key.kind for key in objects if is_custom(key)))
    if not holding:
        return ServiceHealth(ServiceState.READY, kind=kind, notices=worries(rest))
    key, worst = min(holding.items(), key=lambda item: WORST_FIRST.index(item[1].state))
    failed = worst.state is HealthState.FAILED
    state = HealthState.DEGRADED if failed and not is_custom(key) else worst.state
    message = f"{key}: {worst.message}" if worst.message else str(key)
    causes = (Cause(CauseKind.OTHER, "Stalled", worst.message),) if state is HealthState.FAILED else ()
    notices = (*worries(holding), *worries(rest))
    return ServiceHealth(ServiceState(state.value), message, kind, causes=causes, notices=notices)


def worries(objects: dict[ObjectKey, Health]) -> tuple[Notice, ...]:
    return tuple(
        Notice(key, health.state, health.message)
        for key, health in objects.items()
        if health.state is not HealthState.READY or health.message
    )


def notices_of(workloads: dict[ObjectKey, Health], index: LiveIndex) -> tuple[Notice, ...]:
    """What ready workloads have to say, and how the newest run of a CronJob ended if it failed."""
    said = {k: h for k, h in workloads.items() if h.state is HealthState.READY and h.message}
    runs = [run for key in workloads if key.kind == "CronJob" for run in failed_run(key, index)]
    left = [notice for key in workloads if key.kind == "StatefulSet" for notice in claims_left(key, index)]
    return (*worries(said), *runs, *left)


def claims_left(key: ObjectKey, index: LiveIndex) -> Iterator[Notice]:
    """Claims of a StatefulSet's pods that are gone, and what becomes of its claims when it goes."""
    live = index.find(key)
    if live is None:
        return
    for message in claim_notices(live, index.named(key.namespace, "PersistentVolumeClaim")):
        yield Notice(key, HealthState.READY, message)


def failed_run(key: ObjectKey, index: LiveIndex) -> tuple[Notice, ...]:
    live = index.find(key)
    if live is None:
        return ()
    jobs = index.owned_by(read_head(live).metadata.uid, "Job")
    if not jobs:
        return ()
    head, job = max(jobs, key=lambda item: started(item[0]))
    run = observe_workload(job, index).health
    if run.state is not HealthState.FAILED:
        return ()
    return (Notice(head.key, run.state, f"the newest run failed: {run.message}"),)


def started(head: Head) -> str:
    return head.metadata.creation_timestamp


def total(counts: Iterable[int | None]) -> int | None:
    """The sum of what is counted; None when nothing is."""
    known = [number for number in counts if number is not None]
    return sum(known) if known else None
