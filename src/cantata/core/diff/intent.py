"""Which values and versions differ between services of two recorded states, each told once with the services
that it is so for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from cantata.core.model.adjustments import Adjustments
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.plans import FieldChange, ValueChange
from cantata.core.plan import intent

ADJUSTMENTS = "adjustments"
"""The key above what is asked of a service beside its values."""


def by_services(
    changes: Mapping[str, Iterable[FieldChange]], whole: Iterable[FieldChange] = ()
) -> tuple[ValueChange, ...]:
    """`changes` by service; those of `whole`, and those of all services of several, are the application's."""
    found: dict[bytes, tuple[FieldChange, list[str]]] = {}
    for change in whole:
        found.setdefault(_same(change), (change, []))
    own = set(found)
    for service, each in changes.items():
        for change in each:
            found.setdefault(_same(change), (change, []))[1].append(service)
    everybody = len(changes)
    told = [
        ValueChange(
            change.path,
            change.old,
            change.new,
            () if key in own or 1 < everybody == len(services) else tuple(sorted(services)),
        )
        for key, (change, services) in found.items()
    ]
    return tuple(sorted(told, key=lambda change: (change.path, change.services)))


def _same(change: FieldChange) -> bytes:
    return msgspec.json.encode(change)


def changed_adjustments(old: Adjustments, new: Adjustments) -> tuple[FieldChange, ...]:
    """What is asked of a service beside its values, as keys below `adjustments`."""
    sides = [{ADJUSTMENTS: msgspec.to_builtins(each)} for each in (old, new)]
    return tuple(each for each in intent(*sides) if each.path != ADJUSTMENTS)


def versions_of(
    old: tuple[str, ServiceVersion] | None, new: tuple[str, ServiceVersion] | None
) -> tuple[FieldChange, ...]:
    """Template, configs and engine of one service, each version with the name of its template, where they
    differ."""
    if old is None or new is None:
        return ()
    before, after = _versions(*old), _versions(*new)
    return tuple(
        FieldChange(name, before[name], after[name]) for name in before if before[name] != after[name]
    )


def _versions(template: str, version: ServiceVersion) -> dict[str, str]:
    return {
        "template": f"{template}@{version.template_version}",
        "config": ", ".join(f"{pin.config}@{pin.version}" for pin in version.config),
        "engine": version.engine,
    }
