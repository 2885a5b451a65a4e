"""What is done to some services, done to those around them too."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cantata.core.order.graph import DependencyGraph


class Scope(msgspec.Struct, frozen=True):
    """With what the services depend on, and with what depends on them."""

    dependencies: bool = False
    dependents: bool = False


ALONE = Scope()


def widen(graph: DependencyGraph, services: Iterable[str], scope: Scope) -> tuple[str, ...]:
    """In the order of the graph. Raises `DependencyUnknown`."""
    chosen = tuple(services)
    found = {*chosen}
    if scope.dependencies:
        found.update(graph.closure(chosen))
    if scope.dependents:
        found.update(graph.dependent_closure(chosen))
    return tuple(service for service in graph.order if service in found)
