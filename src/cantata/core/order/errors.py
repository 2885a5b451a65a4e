"""What can be wrong with declared dependencies.

OrderInvalid
├── DependsOnInvalid        the annotation's text cannot be read
├── DependencyUnknown       a service waits for one that the template does not have
├── DependencyCycle         services wait for each other
└── ConditionUnreachable    a service waits for what can never happen
"""

from __future__ import annotations

from cantata.errors import CantataError, Category, Place


class OrderInvalid(CantataError):
    """A declaration of dependencies that no deploy could follow."""

    category = Category.INVALID


class DependsOnInvalid(OrderInvalid):
    """The text of a `cantata.dev/depends-on` annotation cannot be read."""


class DependencyUnknown(OrderInvalid):
    """A service depends on a service that does not exist."""


class DependencyCycle(OrderInvalid):
    """Services depend on each other. `cycle` names them in the order in which each depends on the next,
    `place` is where the first depends on the second."""

    def __init__(self, cycle: tuple[str, ...], place: Place | None = None) -> None:
        path = " → ".join((*cycle, cycle[0]))
        super().__init__(
            f"services depend on each other: {path}",
            subject=f"service {cycle[0]}",
            hint="Remove one of these dependencies from dependsOn.",
            place=place,
        )
        self.cycle = cycle


class ConditionUnreachable(OrderInvalid):
    """A condition that can never hold: only a Job completes."""
