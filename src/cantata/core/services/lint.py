"""What is odd about a split: findings, never exceptions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from cantata.core.model.charts import RenderedObject
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import Condition, TemplateSpec
from cantata.core.order.errors import ConditionUnreachable, DependencyCycle, DependencyUnknown, OrderInvalid
from cantata.core.order.graph import find_troubles
from cantata.core.services.layout import services_by_files
from cantata.core.services.naming import SHARED
from cantata.core.services.places import FILE, dependency_places
from cantata.core.stamp.templates import is_workload

RULES: Mapping[type[OrderInvalid], str] = {
    DependencyUnknown: "depends-on-unknown",
    ConditionUnreachable: "depends-on-unreachable",
    DependencyCycle: "depends-on-cycle",
}

MOST = 100
"""Troubles with dependencies that are told at once: each takes a search for what was meant."""

Services = Mapping[str, Sequence[RenderedObject]]


def check(
    services: Services,
    workloads: Mapping[str, ObjectKey],
    depends_on: Mapping[str, Mapping[str, Condition]],
    spec: TemplateSpec,
    moved: Mapping[ObjectKey, tuple[str, str]],
) -> tuple[Finding, ...]:
    """All findings about one split. `moved` are the objects that a person gave to another service: old name
    and new one."""
    return (
        *_workload_findings(services),
        *_declared_findings(services, spec),
        *_dependency_findings(services, workloads, depends_on, spec),
        *_moved_findings(services, moved),
    )


def _workload_findings(services: Services) -> Iterator[Finding]:
    for name, items in services.items():
        found = [item for item in items if is_workload(item.manifest)]
        if len(found) > 1:
            names = ", ".join(str(ObjectKey.of(item.manifest)) for item in found)
            yield Finding(
                "several-workloads",
                Severity.WARNING,
                f"service {name} has {len(found)} workloads: {names}",
                service=name,
                file=found[1].path,
                suggestion="Give each a file of its own, or the annotation cantata.dev/service.",
            )
        elif not found and name != SHARED:
            yield Finding(
                "no-workload",
                Severity.NOTICE,
                f"service {name} has no workload: it is ready as soon as its objects are accepted",
                service=name,
                file=items[0].path,
            )


def _declared_findings(services: Services, spec: TemplateSpec) -> Iterator[Finding]:
    """What cantata.yaml says and the render does not bear out."""
    for name, service in spec.services.items():
        key = f"services.{name}"
        if name not in services:
            yield Finding(
                "service-without-objects",
                Severity.NOTICE,
                f"service {name} has no objects in this render, so nothing waits for it",
                service=name,
                file=FILE,
                line=spec.lines.get(key, 0),
                key=key,
                suggestion=_nearest(name, [other for other in services if other not in spec.services]),
            )
        left = next((old for old in service.former_names if old in services and old != name), "")
        if left:
            key = f"{key}.renamedFrom"
            yield Finding(
                "renamed-still-there",
                Severity.WARNING,
                f"service {name} is renamed from {left}, but both have objects",
                service=name,
                file=FILE,
                line=spec.lines.get(key, 0),
                key=key,
                suggestion="Move the objects that are left, or remove renamedFrom.",
            )
    seen = set()
    for item in (item for items in services.values() for item in items):
        claims = services_by_files(item.path, spec)
        if len(claims) > 1 and item.path not in seen:
            seen.add(item.path)
            yield Finding(
                "files-overlap",
                Severity.WARNING,
                f"{item.path} is named by `files:` of {', '.join(claims)}; {claims[0]} comes first",
                service=claims[0],
                file=FILE,
                line=spec.lines.get(f"services.{claims[1]}.files", 0),
                key=f"services.{claims[1]}.files",
                suggestion="Name each template once.",
            )


def _dependency_findings(
    services: Services,
    workloads: Mapping[str, ObjectKey],
    depends_on: Mapping[str, Mapping[str, Condition]],
    spec: TemplateSpec,
) -> Iterator[Finding]:
    jobs = [name for name, key in workloads.items() if key.kind == "Job"]
    places = dependency_places(services, depends_on, spec)
    for trouble in islice(find_troubles(services, depends_on, jobs=jobs, places=places), MOST):
        place = trouble.place
        suggestion = trouble.hint
        if isinstance(trouble, DependencyUnknown):
            nearest = _nearest(place.key.rpartition(".")[2], services)
            optional = "A service that values can switch off must stand under services: in cantata.yaml."
            suggestion = " ".join(part for part in (nearest, trouble.hint, optional) if part)
        yield Finding(
            RULES[type(trouble)],
            Severity.ERROR,
            trouble.message,
            service=trouble.subject.removeprefix("service "),
            file=place.file,
            line=place.line,
            key=place.key,
            suggestion=suggestion,
        )
    for other, condition in depends_on.get(SHARED, {}).items():
        place = places[SHARED, other]
        yield Finding(
            "depends-on-cycle",
            Severity.ERROR,
            f"service {SHARED} waits for {other} to be {condition}, but {SHARED} is deployed first",
            service=SHARED,
            file=place.file,
            line=place.line,
            key=place.key,
            suggestion=f"Give the objects that must come later a service of their own, or drop {other}.",
        )


def _moved_findings(services: Services, moved: Mapping[ObjectKey, tuple[str, str]]) -> Iterator[Finding]:
    paths = {ObjectKey.of(item.manifest): item.path for items in services.values() for item in items}
    for key, (old, new) in moved.items():
        if old != new:
            yield Finding(
                "object-moved",
                Severity.NOTICE,
                f"{key} moves from service {old} to service {new}; it is not deleted by the move",
                service=new,
                file=paths[key],
            )


def _nearest(word: str, known: Sequence[str] | Services) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""
