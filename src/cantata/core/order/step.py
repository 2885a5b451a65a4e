"""Which services may start now, and by what the others are blocked.

The engine calls `runnable` with what it knows after each event and starts what the answer names. Nothing is
remembered here: a service whose failure heals is simply not failed in the next call.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping

import msgspec

from cantata.core.model.templates import Condition
from cantata.core.order.graph import DependencyGraph


class Milestone(enum.IntEnum):
    """How far a service has come; each one includes those before it."""

    WAITING = 0
    STARTED = 1
    """Its objects are accepted."""
    READY = 2
    """Its workload is ready at this generation."""
    COMPLETED = 3
    """Its Job has finished well."""


NEEDED: dict[Condition, Milestone] = {
    Condition.STARTED: Milestone.STARTED,
    Condition.READY: Milestone.READY,
    Condition.COMPLETED: Milestone.COMPLETED,
}


class Standing(msgspec.Struct, frozen=True):
    """Where a service stands. `failure` says why it gets no further, empty while nothing is wrong; what it
    reached before holds all the same, so that a crashing service has started."""

    reached: Milestone = Milestone.WAITING
    failure: str = ""


UNKNOWN = Standing()


class Blocker(msgspec.Struct, frozen=True, rename="camel"):
    """One dependency that does not hold yet. `cause` is empty when it only takes time."""

    service: str
    condition: Condition
    cause: str = ""

    def __str__(self) -> str:
        if self.cause:
            return f"blocked by {self.service}: {self.cause}"
        return f"waits for {self.service} to be {self.condition}"


class Step(msgspec.Struct, frozen=True, rename="camel"):
    """`start` may start now, in the order of the graph. `blocked` are the others that have not started, each
    with the dependencies that do not hold."""

    start: tuple[str, ...] = ()
    blocked: dict[str, tuple[Blocker, ...]] = {}

    @property
    def stuck(self) -> tuple[str, ...]:
        """Services that will not start unless a failure heals."""
        return tuple(name for name, by in self.blocked.items() if any(blocker.cause for blocker in by))


def runnable(
    graph: DependencyGraph, standings: Mapping[str, Standing], services: Collection[str] | None = None
) -> Step:
    """What to start next among `services` (all of the graph when None).

    `standings` may tell of every service, also of those outside the operation: a dependency that is ready
    already costs nothing. A service that is not named there waits. A service that failed before it started is
    neither started again nor blocked: it is the caller's to retry, by handing in a standing without failure.
    A dependency outside `services` that has not started blocks with the cause that nobody deploys it.
    """
    chosen = graph.dependencies.keys() if services is None else set(services)
    start: list[str] = []
    blocked: dict[str, tuple[Blocker, ...]] = {}
    for service in graph.order:
        standing = standings.get(service, UNKNOWN)
        if service not in chosen or standing.reached > Milestone.WAITING or standing.failure:
            continue
        blockers = tuple(
            Blocker(dependency, condition, why(dependency, standings, blocked, chosen))
            for dependency, condition in graph.dependencies[service].items()
            if standings.get(dependency, UNKNOWN).reached < NEEDED[condition]
        )
        if blockers:
            blocked[service] = blockers
        else:
            start.append(service)
    return Step(tuple(start), blocked)


def why(
    dependency: str,
    standings: Mapping[str, Standing],
    blocked: Mapping[str, tuple[Blocker, ...]],
    chosen: Collection[str],
) -> str:
    """Why a dependency gets no further; empty when it is on its way. Dependencies come before their
    dependents, so what blocks this one is known already, and the first cause is handed on along the chain."""
    standing = standings.get(dependency, UNKNOWN)
    if standing.failure:
        return standing.failure
    if dependency not in chosen and standing.reached is Milestone.WAITING:
        return "it is not deployed, and not part of this operation"
    return next((str(blocker) for blocker in blocked.get(dependency, ()) if blocker.cause), "")


def removable(
    graph: DependencyGraph, gone: Collection[str], services: Collection[str] | None = None
) -> tuple[str, ...]:
    """Which of `services` (all when None) may be deleted now: those on which no service that is still to be
    deleted depends. In the reverse order of the graph."""
    chosen = set(graph.dependencies if services is None else services) - set(gone)
    return tuple(
        service
        for service in graph.order[::-1]
        if service in chosen and not any(dependent in chosen for dependent in graph.dependents[service])
    )
