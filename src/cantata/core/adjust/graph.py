"""The order of the services that are deployed: those that are undeployed on purpose are not in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol, TypeVar

from cantata.core.adjust.errors import DependencyUndeployed
from cantata.core.model.adjustments import Adjustments
from cantata.core.model.templates import Condition
from cantata.core.order.graph import DependencyGraph, build_graph


class Part(Protocol):
    """A service as recorded, or as it should be."""

    @property
    def kind(self) -> str: ...
    @property
    def depends_on(self) -> dict[str, Condition]: ...
    @property
    def adjustments(self) -> Adjustments: ...


P = TypeVar("P", bound=Part)


def is_deployed(part: Part) -> bool:
    return not part.adjustments.undeployed


def deployed_graph(services: Mapping[str, P]) -> DependencyGraph:
    """Raises `DependencyUndeployed`, and what `build_graph` raises."""
    there = {name: part for name, part in services.items() if is_deployed(part)}
    refuse_alone(there, services)
    return build_graph(
        there.keys(),
        {name: part.depends_on for name, part in there.items()},
        jobs={name for name, part in there.items() if part.kind == "Job"},
    )


def refuse_alone(there: Mapping[str, P], known: Collection[str]) -> None:
    """Raises `DependencyUndeployed` where one of the services that are `there` depends on one that is not,
    though the template has it."""
    for name, part in sorted(there.items()):
        missing = sorted(other for other in part.depends_on if other in known and other not in there)
        if missing:
            raise _undeployed(name, missing)


def _undeployed(name: str, missing: list[str]) -> DependencyUndeployed:
    return DependencyUndeployed(
        f"service {name} depends on {', '.join(missing)}, which would not be deployed",
        subject=f"service {name}",
        hint=f"Deploy {', '.join(missing)}, too (`--with-dependencies`), or undeploy {name}, too "
        "(`--with-dependents`).",
    )
