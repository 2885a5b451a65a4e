"""The part of a pod that rules look at."""

from __future__ import annotations

import msgspec

from cantata.core.health.reading import Conditions, Head, PodSpec, find_condition, is_true


class Waiting(msgspec.Struct, frozen=True, rename="camel"):
    reason: str | None = None
    message: str | None = None


class Running(msgspec.Struct, frozen=True, rename="camel"):
    started_at: str | None = None


class Terminated(msgspec.Struct, frozen=True, rename="camel"):
    exit_code: int = 0
    reason: str | None = None
    message: str | None = None


class ContainerState(msgspec.Struct, frozen=True, rename="camel"):
    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    ready: bool = False
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodStatus(msgspec.Struct, frozen=True, rename="camel"):
    phase: str = ""
    reason: str | None = None
    message: str | None = None
    conditions: Conditions = None
    container_statuses: tuple[ContainerStatus, ...] | None = None
    init_container_statuses: tuple[ContainerStatus, ...] | None = None


class Pod(Head, frozen=True, rename="camel"):
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def ready(self) -> bool:
        return is_true(self.status.conditions, "Ready") and not self.metadata.deletion_timestamp

    @property
    def ended(self) -> bool:
        """True for pods that will not run again; their controllers no longer count them."""
        return self.status.phase in ("Succeeded", "Failed")

    @property
    def containers(self) -> tuple[ContainerStatus, ...]:
        """Statuses of init containers, then of the others: the order in which they can go wrong."""
        return (*(self.status.init_container_statuses or ()), *(self.status.container_statuses or ()))

    @property
    def lost_readiness(self) -> bool:
        """True when the pod was ready once and is not any more.

        A pod that starts becomes `Ready: False` before its containers run; one that loses readiness does so
        afterwards. RFC 3339 times in UTC compare as text.
        """
        ready = find_condition(self.status.conditions, "Ready")
        if ready is None or ready.status == "True" or not ready.last_transition_time:
            return False
        starts = [c.state.running.started_at for c in self.containers if c.state.running]
        return bool(starts) and all(start and start < ready.last_transition_time for start in starts)
