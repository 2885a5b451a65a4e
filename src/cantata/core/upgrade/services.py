"""Services that come, go or get other names with another version, and what hangs on them."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cantata.core.model.templates import TemplateSpec


class ServiceFate(enum.StrEnum):
    NEW = "new"
    REMOVED = "removed"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class ServiceUpgrade:
    """`service` is its name now, or the one that it had if it is gone; `was` the old name of a renamed one.
    `overrides` and `adjusted` say that the application has values or wishes of its own for it: of a renamed
    service they move along. `dependants` are the services that waited for one that is gone."""

    service: str
    fate: ServiceFate
    was: str = ""
    overrides: bool = False
    adjusted: bool = False
    dependants: tuple[str, ...] = ()


def compare_services(
    old: Mapping[str, Collection[str]],
    new: Collection[str],
    spec: TemplateSpec,
    *,
    overridden: Collection[str],
    adjusted: Collection[str],
) -> tuple[ServiceUpgrade, ...]:
    """`old` are the services that run, with what each depends on; `spec` is the new version's. A service that
    has overrides counts as one that was there."""
    before = {*old, *overridden}
    renamed = renamed_services(before, new, spec)
    found = [
        ServiceUpgrade(name, ServiceFate.RENAMED, was, was in overridden, was in adjusted)
        for was, name in sorted(renamed.items())
    ]
    found += [ServiceUpgrade(name, ServiceFate.NEW) for name in sorted({*new} - before - {*renamed.values()})]
    found += [
        ServiceUpgrade(
            name,
            ServiceFate.REMOVED,
            overrides=name in overridden,
            adjusted=name in adjusted,
            dependants=tuple(sorted(each for each, needs in old.items() if name in needs and each in new)),
        )
        for name in sorted(before - {*new} - {*renamed})
    ]
    return tuple(found)


def renamed_services(before: Collection[str], new: Collection[str], spec: TemplateSpec) -> dict[str, str]:
    """New names by old ones: those that cantata.yaml says, of services that are not there any more."""
    return {
        old: name
        for name, service in spec.services.items()
        for old in service.former_names
        if old in before and old not in new and name in new
    }
