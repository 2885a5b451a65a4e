"""Services and what they wait for, as a validated graph without cycles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from cantata.core.model.templates import Condition
from cantata.core.order.errors import (
    ConditionUnreachable,
    DependencyCycle,
    DependencyUnknown,
    OrderInvalid,
)
from cantata.errors import Place

Dependencies = Mapping[str, Mapping[str, Condition]]
"""Service → the services that it waits for → what it waits for."""

Places = Mapping[tuple[str, str], Place]
"""(service, dependency) → where this dependency is declared."""


@dataclass(frozen=True, slots=True)
class DependencyGraph:
    """Made by `build_graph`, so that every named service is there and nothing waits for itself.

    `layers` are the services by their distance from those without dependencies: what stands in one layer
    depends only on earlier layers. Names within a layer are sorted.
    """

    dependencies: dict[str, dict[str, Condition]]
    dependents: dict[str, dict[str, Condition]]
    layers: tuple[tuple[str, ...], ...]

    @property
    def order(self) -> tuple[str, ...]:
        """Every service after all of its dependencies."""
        return tuple(service for layer in self.layers for service in layer)

    def reversed(self) -> DependencyGraph:
        """The same edges the other way round: the order in which services are deleted."""
        return assemble(self.dependents)

    def closure(self, services: Iterable[str]) -> tuple[str, ...]:
        """These services and everything that they depend on, in order. Raises `DependencyUnknown`."""
        return reach(self, services, self.dependencies)

    def dependent_closure(self, services: Iterable[str]) -> tuple[str, ...]:
        """These services and everything that depends on them, in order. Raises `DependencyUnknown`."""
        return reach(self, services, self.dependents)


def build_graph(
    services: Collection[str],
    dependencies: Dependencies,
    *,
    jobs: Collection[str] = (),
    places: Places | None = None,
) -> DependencyGraph:
    """The graph over all `services`, of which `jobs` have a Job as their workload.

    Raises the first of `find_troubles`.
    """
    for trouble in find_troubles(services, dependencies, jobs=jobs, places=places):
        raise trouble
    return assemble({service: dict(dependencies.get(service, {})) for service in services})


def find_troubles(
    services: Collection[str],
    dependencies: Dependencies,
    *,
    jobs: Collection[str] = (),
    places: Places | None = None,
) -> Iterator[OrderInvalid]:
    """Everything that is wrong with a declaration, for a check that reports all of it: services that do not
    exist, conditions that can never hold, and each group of services that wait for each other once."""
    where = places or {}
    known = ", ".join(sorted(services))
    for service in sorted(dependencies):
        if service not in services:
            yield DependencyUnknown(
                f"dependencies are declared for {service}, which is no service",
                subject=f"service {service}",
                hint=f"The services are: {known}.",
            )
            continue
        for dependency, condition in dependencies[service].items():
            place = where.get((service, dependency))
            if dependency not in services:
                yield DependencyUnknown(
                    f"service {service} depends on {dependency}, which is no service",
                    subject=f"service {service}",
                    hint=f"The services are: {known}.",
                    place=place,
                )
            elif condition is Condition.COMPLETED and dependency not in jobs:
                yield ConditionUnreachable(
                    f"service {service} waits for {dependency} to be completed, but {dependency} has no Job",
                    subject=f"service {service}",
                    hint="Only a Job completes: wait for `ready` or `started`.",
                    place=place,
                )
    for cycle in find_cycles({s: [d for d in dependencies.get(s, {}) if d in services] for s in services}):
        yield DependencyCycle(cycle, where.get((cycle[0], cycle[1 % len(cycle)])))


def find_cycles(edges: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """Cycles that share no service with an earlier one, each beginning with its first name by alphabet.

    Depth first without recursion: a chain of services may be longer than the interpreter's stack.
    """
    done: set[str] = set()
    for root in sorted(edges):
        path: dict[str, Iterator[str]] = {}
        if root not in done:
            path[root] = iter(sorted(edges[root]))
        while path:
            current = next(reversed(path))
            following = next(path[current], None)
            if following is None:
                done.add(current)
                del path[current]
            elif following in path:
                trail = list(path)
                cycle = trail[trail.index(following) :]
                first = cycle.index(min(cycle))
                yield (*cycle[first:], *cycle[:first])
                done.update(cycle)
                for service in cycle:
                    del path[service]
            elif following not in done:
                path[following] = iter(sorted(edges[following]))


def assemble(dependencies: Mapping[str, Mapping[str, Condition]]) -> DependencyGraph:
    """The graph of edges that are known to be sound."""
    forward = {service: dict(dependencies[service]) for service in sorted(dependencies)}
    backward: dict[str, dict[str, Condition]] = {service: {} for service in forward}
    for service, wanted in forward.items():
        for dependency, condition in wanted.items():
            backward[dependency][service] = condition
    return DependencyGraph(forward, backward, tuple(layers_of(forward, backward)))


def layers_of(forward: Dependencies, backward: Dependencies) -> Iterator[tuple[str, ...]]:
    missing = {service: len(wanted) for service, wanted in forward.items()}
    layer = [service for service, number in missing.items() if not number]
    while layer:
        yield tuple(sorted(layer))
        following = []
        for service in layer:
            for dependent in backward[service]:
                missing[dependent] -= 1
                if not missing[dependent]:
                    following.append(dependent)
        layer = following


def reach(graph: DependencyGraph, services: Iterable[str], edges: Dependencies) -> tuple[str, ...]:
    found: set[str] = set()
    ahead = list(services)
    while ahead:
        service = ahead.pop()
        if service not in edges:
            raise DependencyUnknown(
                f"there is no service {service}",
                subject=f"service {service}",
                hint=f"The services are: {', '.join(graph.dependencies)}.",
            )
        if service not in found:
            found.add(service)
            ahead.extend(edges[service])
    return tuple(service for service in graph.order if service in found)
