"""What services that are deployed without the others need of them: the objects that theirs refer to.

Without an object of another service that is not there a pod cannot start; from one that would be another if
its service came along it may get what it does not expect. Both are told by name, with the services to add.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services.references import Reference, Relation, pointers

HOOKS = ""
"""Stands for the service of what hooks of the application bring: no deploy of some services runs these."""


class Other(msgspec.Struct, frozen=True):
    """A service outside of the operation: its objects as they are recorded, and as they would be if it came
    along."""

    recorded: Mapping[ObjectKey, Manifest]
    wanted: Mapping[ObjectKey, Manifest]

    @classmethod
    def of(cls, recorded: Iterable[Manifest], wanted: Iterable[Manifest]) -> Other:
        return cls(by_key(recorded), by_key(wanted))


class Needed(msgspec.Struct, frozen=True):
    """The object `key` of the service `owner`, to which `by` of the service `service` refers. It is `absent`,
    or differs from the wanted one; it is `required` if no pod starts without."""

    service: str
    by: ObjectKey
    key: ObjectKey
    owner: str
    absent: bool
    required: bool

    @property
    def breaks(self) -> bool:
        return self.absent and self.required


class Closure(msgspec.Struct, frozen=True):
    """`along` are the services that have to come along, those that these need in turn included."""

    needed: tuple[Needed, ...] = ()
    along: tuple[str, ...] = ()

    @property
    def broken(self) -> tuple[Needed, ...]:
        return tuple(each for each in self.needed if each.breaks)


COMPLETE = Closure()


def by_key(manifests: Iterable[Manifest]) -> dict[ObjectKey, Manifest]:
    return {ObjectKey.of(manifest): manifest for manifest in manifests}


def find_closure(
    selected: Mapping[str, Sequence[Manifest]],
    others: Mapping[str, Other],
    there: Collection[ObjectKey],
) -> Closure:
    """`selected` are the objects of the services that are deployed, as they are wanted; `there` is the
    inventory. What hooks bring stands under `HOOKS` among the `others`."""
    owners = _owners(others)
    needed = tuple(
        each
        for name, manifests in selected.items()
        for each in _needed(name, manifests, others, owners, there)
    )
    along: dict[str, None] = {}
    ahead = [each.owner for each in needed]
    while ahead:
        name = ahead.pop()
        if name in along or name == HOOKS:
            continue
        along[name] = None
        manifests = tuple(others[name].wanted.values())
        ahead += [each.owner for each in _needed(name, manifests, others, owners, there)]
    return Closure(needed, tuple(sorted(along)))


Owners = Mapping[tuple[str, str], Sequence[tuple[str, ObjectKey]]]
"""(kind, name) → who would have such objects."""


def _owners(others: Mapping[str, Other]) -> Owners:
    found: defaultdict[tuple[str, str], list[tuple[str, ObjectKey]]] = defaultdict(list)
    for name, other in others.items():
        for key in other.wanted:
            found[key.kind, key.name].append((name, key))
    return found


def _needed(
    service: str,
    manifests: Sequence[Manifest],
    others: Mapping[str, Other],
    owners: Owners,
    there: Collection[ObjectKey],
) -> Iterator[Needed]:
    own = by_key(manifests).keys()
    for (by, key, owner), required in _outside(service, manifests, owners, own).items():
        recorded = others[owner].recorded.get(key)
        absent = recorded is None and key not in there
        if absent or (recorded is not None and recorded != others[owner].wanted[key]):
            yield Needed(service, by, key, owner, absent, required)


def _outside(
    service: str, manifests: Sequence[Manifest], owners: Owners, own: Collection[ObjectKey]
) -> dict[tuple[ObjectKey, ObjectKey, str], bool]:
    """(who refers, to what, whose that is) → whether it is required."""
    found: dict[tuple[ObjectKey, ObjectKey, str], bool] = {}
    for manifest in manifests:
        by = ObjectKey.of(manifest)
        for pointer in pointers(manifest):
            if not isinstance(pointer, Reference):
                continue
            for owner, key in owners.get((pointer.kind, pointer.name), ()):
                if owner != service and key not in own and pointer.means(key, by.namespace):
                    edge = (by, key, owner)
                    found[edge] = found.get(edge, False) or pointer.required
    return found


def used_by(manifests: Iterable[Manifest], keys: Collection[ObjectKey]) -> frozenset[ObjectKey]:
    """Those of the `keys` that these objects cannot do without."""
    named: defaultdict[tuple[str, str], list[ObjectKey]] = defaultdict(list)
    for key in keys:
        named[key.kind, key.name].append(key)
    return frozenset(
        key
        for manifest in manifests
        for pointer in pointers(manifest)
        if isinstance(pointer, Reference) and pointer.relation is Relation.USES
        for key in named.get((pointer.kind, pointer.name), ())
        if pointer.means(key, ObjectKey.of(manifest).namespace)
    )


def closure_findings(closure: Closure) -> Iterator[Finding]:
    for each in closure.needed:
        yield Finding(
            "reference-absent" if each.absent else "reference-changed",
            Severity.ERROR if each.breaks else Severity.WARNING,
            told(each),
            service=each.service,
            suggestion=what_to_add(closure, each.owner),
        )


def told(needed: Needed) -> str:
    whose = f"of service {needed.owner}" if needed.owner else "of a hook of the application"
    if needed.absent:
        how = "which is not deployed"
    elif needed.owner:
        how = f"which stays as it is deployed: it differs if {needed.owner} comes along"
    else:
        how = "which stays as it is: hooks run only when the whole application is deployed"
    return f"{needed.by} of service {needed.service} refers to {needed.key} {whose}, {how}"


def what_to_add(closure: Closure, owner: str) -> str:
    if owner == HOOKS:
        return "Deploy the whole application."
    return f"Add {', '.join(closure.along)}, or take all that is needed by `--with-dependencies`."
