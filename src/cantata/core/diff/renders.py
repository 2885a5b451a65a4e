"""What two templates render with the same values, service by service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cantata.core.diff.between import compare_recorded
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.plans import ServicePlan
from cantata.core.plan import rolls

Services = Mapping[str, Sequence[Manifest]]


def compare_renders(old: Services, new: Services, renamed: Mapping[str, str]) -> tuple[ServicePlan, ...]:
    """Those that differ, by name. `renamed` are the services of `new` by their names in `old`. An object that
    is in another service is compared there: a deploy moves it."""
    before = _by_new_service(old, new, renamed)
    names = sorted(before.keys() | new.keys())
    compared = ((name, compare_recorded(before.get(name, ()), new.get(name, ()))) for name in names)
    return tuple(
        ServicePlan(name, objects, any(map(rolls, objects))) for name, objects in compared if objects
    )


def _by_new_service(old: Services, new: Services, renamed: Mapping[str, str]) -> dict[str, list[Manifest]]:
    names = {before: after for after, before in renamed.items()}
    there = {ObjectKey.of(manifest): name for name, manifests in new.items() for manifest in manifests}
    found: dict[str, list[Manifest]] = {}
    for name, manifests in old.items():
        for manifest in manifests:
            service = there.get(ObjectKey.of(manifest)) or names.get(name, name)
            found.setdefault(service, []).append(manifest)
    return found
