"""Objects join the workloads that they point at or that point at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec

from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import ObjectKey
from cantata.core.services.fields import as_map, labels_of
from cantata.core.services.naming import SHARED
from cantata.core.services.references import Pointer, Pool, Reference, Relation, Selection, pointers
from cantata.core.services.selectors import Labels, selects, selects_plainly
from cantata.core.stamp.templates import is_workload, pod_template


class Edges(msgspec.Struct, frozen=True):
    """For each object by its number: what it acts on, and who uses it."""

    acts_on: list[set[int]]
    used_by: list[set[int]]


def join(objects: Sequence[RenderedObject], assigned: Mapping[int, str], *, namespace: str) -> dict[int, str]:
    """The service of every object that `assigned` does not name yet, by its number in `objects`.

    `assigned` holds at least all workloads. First what an object acts on decides, and only if that leads to
    no service, who uses it; both are followed through other objects. What leads to several services, or to
    none, is `shared`; where there is one service only, what leads to none is of it.
    """
    edges = find_edges(objects, namespace)
    numbers = [number for number in range(len(objects)) if number not in assigned]
    both = {number: edges.acts_on[number] | edges.used_by[number] for number in numbers}
    leading = dict(assigned)
    _hand_on(both, leading)
    found = dict(assigned)
    _hand_on({n: edges.acts_on[n] & leading.keys() or edges.used_by[n] for n in numbers}, found)
    # Objects that act on each other in a ring, and on nothing else: only who uses them tells.
    _hand_on({number: both[number] for number in numbers if number not in found}, found)
    services = {*assigned.values()} - {SHARED}
    alone = services.pop() if len(services) == 1 else SHARED
    return {number: found.get(number, alone) for number in numbers}


def _hand_on(sources: Mapping[int, Collection[int]], found: dict[int, str]) -> None:
    """Gives each object of `sources` the service of those that it takes it from, and so on along the chain;
    `shared` where they are of several. The outcome does not depend on any order."""
    takers: defaultdict[int, list[int]] = defaultdict(list)
    for number, others in sources.items():
        for other in others:
            takers[other].append(number)
    ahead = list(found)
    while ahead:
        other = ahead.pop()
        for number in takers[other]:
            service = found[other] if found.get(number) in (None, found[other]) else SHARED
            if found.get(number) != service:
                found[number] = service
                ahead.append(number)


class Labelled:
    """Objects by their labels."""

    def __init__(self, labels: Mapping[int, Labels]) -> None:
        self._labels = labels
        self._having: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for number, found in labels.items():
            for key, value in found.items():
                if isinstance(value, str):
                    self._having[key, value].append(number)

    def find(self, selection: Selection) -> list[int]:
        """Only those with the rarest of the wanted labels are looked at, not all of a large chart."""
        selector = selection.selector
        wanted = as_map(selector if selection.plain else as_map(selector).get("matchLabels"))
        having = [
            self._having.get((key, value), []) for key, value in wanted.items() if isinstance(value, str)
        ]
        match = selects_plainly if selection.plain else selects
        among = min(having, key=len) if having else self._labels
        return [number for number in among if match(selector, self._labels[number])]


def find_edges(objects: Sequence[RenderedObject], namespace: str) -> Edges:
    """Resolves every reference against the objects that are there. `namespace` is the release's."""
    keys = [ObjectKey.of(item.manifest) for item in objects]
    named: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        named[key.kind, key.name].append(number)
    pools = {
        Pool.PODS: Labelled(
            {
                n: labels_of(pod_template(item.manifest))
                for n, item in enumerate(objects)
                if is_workload(item.manifest)
            }
        ),
        Pool.SERVICES: Labelled(
            {n: labels_of(item.manifest) for n, item in enumerate(objects) if keys[n].kind == "Service"}
        ),
    }

    def find(number: int, pointer: Pointer) -> list[int]:
        own = keys[number].namespace or namespace
        if isinstance(pointer, Reference):
            candidates = named.get((pointer.kind, pointer.name), ())
            return [other for other in candidates if pointer.means(keys[other], own)]
        return [
            other
            for other in pools[pointer.pool].find(pointer)
            if (keys[other].namespace or namespace) == own
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
