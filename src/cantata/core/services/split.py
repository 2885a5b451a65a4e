"""All rules together: a render becomes services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from cantata.core.model.charts import RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import Condition, TemplateSpec
from cantata.core.order.annotation import parse_depends_on
from cantata.core.services.analysis import join
from cantata.core.services.errors import DuplicateObject, ObjectNameless
from cantata.core.services.fields import annotations_of
from cantata.core.services.layout import declared_service
from cantata.core.services.lint import check
from cantata.core.services.naming import SHARED, name_workloads, short_name
from cantata.core.stamp.marks import DEPENDS_ON
from cantata.core.stamp.templates import POD_TEMPLATES, is_workload
from cantata.errors import Place

TEST_EVENTS = frozenset({"test", "test-success", "test-failure"})

MAIN_KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "CronJob",
    "Job",
)
"""Where a service has several workloads and none has its name, the first of these kinds leads."""


class Split(msgspec.Struct, frozen=True):
    """A render by services.

    `services` holds every service's objects in the order of the render; `shared` comes first, then the
    services of cantata.yaml in its order, then the others by name. `assignments` has every object that is no
    hook: freeze it. `workloads` is the key, with the kind, of each service's main workload, without an entry
    for a service that has none. `depends_on` has an entry for every service, from cantata.yaml and from
    annotations; what it names may be unknown, which is then a finding. If `has_shared`, every other service
    waits beside that until `shared` is started. `hooks` are the application's, `tests` run by command only.
    """

    services: dict[str, tuple[RenderedObject, ...]]
    assignments: dict[ObjectKey, str]
    workloads: dict[str, ObjectKey]
    depends_on: dict[str, dict[str, Condition]]
    hooks: tuple[RenderedObject, ...] = ()
    tests: tuple[RenderedObject, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def has_shared(self) -> bool:
        return SHARED in self.services


def split(
    objects: Sequence[RenderedObject],
    spec: TemplateSpec,
    *,
    chart: str,
    release: str,
    namespace: str,
    frozen: Mapping[ObjectKey, str],
) -> Split:
    """Gives every object its service. `chart`, `release` and `namespace` are names; `objects` have their
    namespaces (`core.stamp.place`); `frozen` are the assignments of earlier splits.

    The first rule that answers wins: annotation, `files:`, `layout: file`, the frozen assignment, analysis.
    So a person who writes another service into the template moves an object, while analysis never changes
    its mind. Raises `SplitInvalid` and `order.DependsOnInvalid`.
    """
    hooks = tuple(item for item in objects if item.hook and not TEST_EVENTS.issuperset(item.hook.events))
    tests = tuple(item for item in objects if item.hook and not TEST_EVENTS.isdisjoint(item.hook.events))
    plain = [item for item in objects if item.hook is None]
    keys = _unique_keys(plain, namespace)
    kept = _renamed(frozen, spec)
    declared = {number: name for number, item in enumerate(plain) if (name := declared_service(item, spec))}
    held = {number: kept[key] for number, key in enumerate(keys) if key in kept}
    assigned = {**held, **declared}
    assigned |= _name_workloads(plain, keys, assigned, chart=chart, release=release)
    assigned |= _follow_files(plain, assigned)
    assigned |= join(plain, assigned, namespace=namespace)

    services = _group(plain, assigned, spec)
    depends_on = _dependencies(services, spec)
    workloads = {
        name: found for name, items in services.items() if (found := _main_workload(name, items, release))
    }
    moved = {keys[number]: (held[number], name) for number, name in declared.items() if number in held}
    return Split(
        services=services,
        assignments={keys[number]: assigned[number] for number in range(len(plain))},
        workloads=workloads,
        depends_on=depends_on,
        hooks=hooks,
        tests=tests,
        findings=check(services, workloads, depends_on, spec, moved),
    )


def _unique_keys(objects: Sequence[RenderedObject], namespace: str) -> list[ObjectKey]:
    """The objects' keys. Raises `DuplicateObject` and `ObjectNameless`."""
    keys = []
    seen: dict[ObjectKey, RenderedObject] = {}
    for item in objects:
        key = ObjectKey.of(item.manifest)
        if not key.name:
            raise ObjectNameless(item)
        identity = key if key.namespace else msgspec.structs.replace(key, namespace=namespace)
        if identity in seen:
            raise DuplicateObject(key, seen[identity], item)
        seen[identity] = item
        keys.append(key)
    return keys


def _renamed(frozen: Mapping[ObjectKey, str], spec: TemplateSpec) -> dict[ObjectKey, str]:
    names = {old: name for name, service in spec.services.items() for old in service.former_names}
    return {key: names.get(service, service) for key, service in frozen.items()}


def _name_workloads(
    objects: Sequence[RenderedObject],
    keys: Sequence[ObjectKey],
    assigned: Mapping[int, str],
    *,
    chart: str,
    release: str,
) -> dict[int, str]:
    """New workloads become services of their own."""
    workloads = [number for number, item in enumerate(objects) if is_workload(item.manifest)]
    taken = {assigned[number] for number in workloads if number in assigned}
    unnamed = {keys[number]: objects[number] for number in workloads if number not in assigned}
    names = name_workloads(unnamed, taken, release=release, chart=chart)
    return {number: names[keys[number]] for number in workloads if number not in assigned}


def _follow_files(objects: Sequence[RenderedObject], assigned: Mapping[int, str]) -> dict[int, str]:
    """Objects beside the one workload of their template file are of its service."""
    by_path: defaultdict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(objects):
        if is_workload(item.manifest):
            by_path[item.path].append(number)
    return {
        number: assigned[by_path[item.path][0]]
        for number, item in enumerate(objects)
        if number not in assigned and len(by_path.get(item.path, ())) == 1
    }


def _group(
    objects: Sequence[RenderedObject], assigned: Mapping[int, str], spec: TemplateSpec
) -> dict[str, tuple[RenderedObject, ...]]:
    groups: defaultdict[str, list[RenderedObject]] = defaultdict(list)
    for number, item in enumerate(objects):
        groups[assigned[number]].append(item)
    rank = {SHARED: -1, **{name: place for place, name in enumerate(spec.services) if name != SHARED}}
    return {
        name: tuple(groups[name])
        for name in sorted(groups, key=lambda name: (rank.get(name, len(rank)), name))
    }


def _dependencies(
    services: Mapping[str, Sequence[RenderedObject]], spec: TemplateSpec
) -> dict[str, dict[str, Condition]]:
    """cantata.yaml and annotations together; where both name a service, cantata.yaml decides. A service that
    cantata.yaml declares but this render leaves out (switched off by a value) is not waited for."""
    absent = spec.services.keys() - services.keys()
    found: dict[str, dict[str, Condition]] = {}
    for name, items in services.items():
        wanted: dict[str, Condition] = {}
        for item in items:
            text = annotations_of(item.manifest).get(DEPENDS_ON)
            if text is not None:
                place = Place(item.path, key=f"metadata.annotations.{DEPENDS_ON}")
                wanted |= parse_depends_on(str(text), place=place)
        if name in spec.services:
            wanted |= {other: item.condition for other, item in spec.services[name].depends_on.items()}
        found[name] = {other: condition for other, condition in wanted.items() if other not in absent}
    return found


def _main_workload(name: str, items: Sequence[RenderedObject], release: str) -> ObjectKey | None:
    """The workload with the service's name, else one of the weightiest kind, else the first by name."""
    keys = [key for item in items if ((key := ObjectKey.of(item.manifest)).group, key.kind) in POD_TEMPLATES]
    return min(
        keys,
        key=lambda key: (short_name(key.name, release, "") != name, MAIN_KINDS.index(key.kind), key),
        default=None,
    )
