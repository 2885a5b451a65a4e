"""What is shown of a pod and its containers."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator

import msgspec

from cantata.core.health.pod_status import ContainerStatus, PodStatus
from cantata.core.health.reading import Container, Head, Live, Unreadable, is_true, read


class ContainerKind(enum.StrEnum):
    MAIN = "main"
    INIT = "init"
    EPHEMERAL = "ephemeral"
    """Added to a running pod, to look at it."""


class ContainerView(msgspec.Struct, frozen=True):
    """`state` is `running`, `waiting`, `terminated`, or empty where nobody has told one yet; `reason` why it
    waits or has ended."""

    name: str
    kind: ContainerKind
    image: str = ""
    state: str = ""
    reason: str = ""
    ready: bool = False
    restarts: int = 0

    @property
    def running(self) -> bool:
        return self.state == "running"


class PodView(msgspec.Struct, frozen=True):
    """`containers` are the main ones first, in the pod's order. `default` is the container that the pod's
    annotation names for whoever names none."""

    name: str
    namespace: str
    phase: str = ""
    ready: bool = False
    leaving: bool = False
    node: str = ""
    created_at: str = ""
    default: str = ""
    containers: tuple[ContainerView, ...] = ()

    @property
    def running(self) -> bool:
        return self.phase == "Running" and not self.leaving


DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


class _Status(PodStatus, frozen=True, rename="camel"):
    ephemeral_container_statuses: tuple[ContainerStatus, ...] | None = None


class _Spec(msgspec.Struct, frozen=True, rename="camel"):
    node_name: str | None = None
    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None
    ephemeral_containers: tuple[Container, ...] | None = None


class _Pod(Head, frozen=True, rename="camel"):
    spec: _Spec = _Spec()
    status: _Status = _Status()


def pod_views(pods: Iterable[Live]) -> tuple[PodView, ...]:
    """Those that can be talked to first: ready before running before the others, the leaving last; by name.
    A pod of a wrong shape is left out."""
    views = []
    for live in pods:
        try:
            views.append(_view(read(live, _Pod)))
        except Unreadable:
            continue
    return tuple(sorted(views, key=lambda view: (view.leaving, not view.ready, not view.running, view.name)))


def _view(pod: _Pod) -> PodView:
    leaving = bool(pod.metadata.deletion_timestamp)
    return PodView(
        name=pod.metadata.name,
        namespace=pod.metadata.namespace,
        phase=pod.status.phase,
        ready=is_true(pod.status.conditions, "Ready") and not leaving,
        leaving=leaving,
        node=pod.spec.node_name or "",
        created_at=pod.metadata.creation_timestamp,
        default=pod.metadata.annotations.get(DEFAULT_CONTAINER, ""),
        containers=tuple(_containers(pod)),
    )


def _containers(pod: _Pod) -> Iterator[ContainerView]:
    spec, status = pod.spec, pod.status
    for kind, containers, statuses in (
        (ContainerKind.MAIN, spec.containers, status.container_statuses),
        (ContainerKind.INIT, spec.init_containers, status.init_container_statuses),
        (ContainerKind.EPHEMERAL, spec.ephemeral_containers, status.ephemeral_container_statuses),
    ):
        by_name = {each.name: each for each in statuses or ()}
        for container in containers or ():
            found = by_name.get(container.name, ContainerStatus())
            state, reason = _state(found)
            yield ContainerView(
                container.name,
                kind,
                container.image or "",
                state,
                reason,
                found.ready,
                found.restart_count,
            )


def _state(status: ContainerStatus) -> tuple[str, str]:
    state = status.state
    if state.running is not None:
        return "running", ""
    if state.terminated is not None:
        return "terminated", state.terminated.reason or f"exit code {state.terminated.exit_code}"
    if state.waiting is not None:
        return "waiting", state.waiting.reason or ""
    return "", ""
