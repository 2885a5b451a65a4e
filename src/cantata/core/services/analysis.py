"""Objects join the workloads that they point at or that point at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import ObjectKey
from cantata.core.services.fields import labels_of
from cantata.core.services.naming import SHARED
from cantata.core.services.references import Pointer, Pool, Reference, Relation, pointers
from cantata.core.services.selectors import selects, selects_plainly
from cantata.core.stamp.templates import is_workload, pod_template


class Edges(msgspec.Struct, frozen=True):
    """For each object by its number: what it acts on, and who uses it."""

    acts_on: list[set[int]]
    used_by: list[set[int]]


def join(objects: Sequence[RenderedObject], assigned: Mapping[int, str], *, namespace: str) -> dict[int, str]:
    """The service of every object that `assigned` does not name yet, by its number in `objects`.

    `assigned` holds at least all workloads. First what an object acts on decides, and only if that leads to
    no service, who uses it; both are followed through other objects. What leads to several services, or to
    none, is `shared`.
    """
    edges = find_edges(objects, namespace)
    reached: list[frozenset[str]] = [
        frozenset({assigned[number]}) if number in assigned else frozenset() for number in range(len(objects))
    ]
    open_numbers = [number for number in range(len(objects)) if number not in assigned]
    for _ in objects:
        changed = False
        for number in open_numbers:
            services = _union(reached, edges.acts_on[number]) or _union(reached, edges.used_by[number])
            changed = changed or services != reached[number]
            reached[number] = services
        if not changed:
            break
    return {
        number: next(iter(reached[number])) if len(reached[number]) == 1 else SHARED
        for number in open_numbers
    }


def _union(reached: Sequence[frozenset[str]], numbers: set[int]) -> frozenset[str]:
    return frozenset().union(*(reached[number] for number in numbers))


def find_edges(objects: Sequence[RenderedObject], namespace: str) -> Edges:
    """Resolves every reference against the objects that are there. `namespace` is the release's."""
    keys = [ObjectKey.of(item.manifest) for item in objects]
    named: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        named[key.kind, key.name].append(number)
    labels = {
        Pool.PODS: {
            n: labels_of(pod_template(item.manifest))
            for n, item in enumerate(objects)
            if is_workload(item.manifest)
        },
        Pool.SERVICES: {
            n: labels_of(item.manifest) for n, item in enumerate(objects) if keys[n].kind == "Service"
        },
    }

    def find(number: int, pointer: Pointer) -> list[int]:
        own = keys[number].namespace or namespace
        if isinstance(pointer, Reference):
            wanted = pointer.namespace or own
            return [
                other
                for other in named.get((pointer.kind, pointer.name), ())
                if not keys[other].namespace or keys[other].namespace == wanted
            ]
        match = selects_plainly if pointer.plain else selects
        return [
            other
            for other, found in labels[pointer.pool].items()
            if (keys[other].namespace or namespace) == own and match(pointer.selector, found)
        ]

    edges = Edges([set() for _ in objects], [set() for _ in objects])
    for number, item in enumerate(objects):
        for pointer in pointers(item.manifest):
            uses = isinstance(pointer, Reference) and pointer.relation is Relation.USES
            for other in find(number, pointer):
                if other == number:
                    continue
                if uses:
                    edges.used_by[other].add(number)
                else:
                    edges.acts_on[number].add(other)
    return edges
