"""Two recorded states against each other: two revisions of an application, or what two applications run."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.concerning import concerning
from cantata.actions.diff_side import Side, before, chart_files, find_revision
from cantata.actions.mask_plan import mask_plan
from cantata.actions.ports import Ports
from cantata.core.diff.between import compare_recorded
from cantata.core.diff.files import compare_files
from cantata.core.diff.intent import ADJUSTMENTS, by_services, changed_adjustments, versions_of
from cantata.core.diff.names import Names
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.diffs import Diff, FileChange
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.plans import FieldChange, ServicePlan
from cantata.core.plan import intent, rolls
from cantata.core.plan.effect import Same
from cantata.ports import Records

DELIVERY = "delivery of "
"""What is delivered to a service is told by a key that begins so."""


async def diff_revisions(
    ports: Ports,
    project: str,
    name: str,
    *,
    old: int | None = None,
    new: int | None = None,
    services: Sequence[str] = (),
) -> Diff:
    """Without `new` the one that is deployed, without `old` the one before `new`. Raises
    `ApplicationNotFound`, `ApplicationNotDeployed`, `RevisionNotFound`, `RevisionUnreadable`,
    `ServiceNotFound`."""

    def read(records: Records) -> _Pair:
        application = records.applications.get(project, name)
        after = find_revision(records, application, new)
        earlier = find_revision(records, application, old) if old is not None else None
        earlier = earlier or before(records, application, after)
        named = set(services) or earlier.services.keys() | after.services.keys()
        wanted = [each for each in sorted(named) if earlier.services.get(each) != after.services.get(each)]
        sides = [Side.read(records, application, each, wanted) for each in (earlier, after)]
        _check(services, sides)
        return _Pair(sides[0], sides[1], wanted, named=bool(services))

    pair = await ports.store.read(read)
    labels = (f"revision {pair.old.revision.number}", f"revision {pair.new.revision.number}")
    return await _diff(ports, pair, labels)


async def diff_applications(
    ports: Ports, project: str, name: str, other: str, services: Sequence[str] = ()
) -> Diff:
    """What is deployed of `other`, seen from what is deployed of `name`. Raises what `diff_revisions`
    raises."""

    def read(records: Records) -> _Pair:
        applications = [records.applications.get(project, each) for each in (name, other)]
        revisions = [find_revision(records, each, None) for each in applications]
        wanted = sorted(set(services) or revisions[0].services.keys() | revisions[1].services.keys())
        sides = [Side.read(records, *each, wanted) for each in zip(applications, revisions, strict=True)]
        _check(services, sides)
        return _Pair(sides[0], sides[1], wanted, named=bool(services))

    pair = await ports.store.read(read)
    named = [f"{each.application.name}, revision {each.revision.number}" for each in (pair.old, pair.new)]
    placed = [(each.application.release, each.application.namespace) for each in (pair.old, pair.new)]
    return await _diff(ports, pair, (named[0], named[1]), Names(placed[0], placed[1]))


@dataclass(frozen=True, slots=True)
class _Pair:
    """`services` are those that are compared; `named` says that they were asked for."""

    old: Side
    new: Side
    services: Sequence[str]
    named: bool

    def versions(self, service: str) -> list[tuple[ServiceVersion, RecordedInputs]]:
        """Of both sides, as far as it is there."""
        sides = ((side.version(service), side.inputs_of(service)) for side in (self.old, self.new))
        return [(version, inputs) for version, inputs in sides if version and inputs]


def _check(services: Iterable[str], sides: Sequence[Side]) -> None:
    for service in services:
        if not any(side.version(service) for side in sides):
            known = frozenset().union(*(side.revision.services for side in sides))
            raise ServiceNotFound(service, of=sides[0].application.name, known=known)


async def _diff(ports: Ports, pair: _Pair, labels: tuple[str, str], same: Same = operator.eq) -> Diff:
    old, new = pair.old, pair.new
    plans = [_service(pair, name, same) for name in pair.services]
    services = tuple(plan for plan in plans if plan.objects)
    versions = {name: versions_of(old.labelled(name), new.labelled(name)) for name in pair.services}
    values = by_services(await _own(ports, pair)) if pair.named else by_services(_values(pair), _whole(pair))
    files = await _files(ports, pair)
    changed = any(plan.changed for plan in services)
    return Diff(
        old.application.name,
        *labels,
        differs=bool(changed or values or files),
        versions=by_services(versions),
        files=files,
        values=values,
        services=services,
    )


def _service(pair: _Pair, name: str, same: Same) -> ServicePlan:
    sides = (pair.old, pair.new)
    secrets = frozenset().union(*(side.secrets() for side in sides))
    leaks = [leak for side in sides if (version := side.version(name)) for leak in version.leaks]
    manifests = [side.manifests.get(name, ()) for side in sides]
    plans = compare_recorded(manifests[0], manifests[1], same)
    objects = tuple(mask_plan(plan, secrets, leaks) for plan in plans)
    return ServicePlan(name, objects, rolls=any(map(rolls, objects)))


def _values(pair: _Pair) -> dict[str, tuple[FieldChange, ...]]:
    """By service that both sides have. Services that share their inputs are compared once."""
    known: dict[tuple[str, str], tuple[FieldChange, ...]] = {}
    found = {}
    for name in pair.services:
        before_, after = pair.old.version(name), pair.new.version(name)
        if before_ is None or after is None:
            continue
        addresses = (before_.inputs, after.inputs)
        if addresses not in known:
            known[addresses] = changed_values(pair.old.inputs_of(name), pair.new.inputs_of(name))
        found[name] = (*known[addresses], *changed_adjustments(before_.adjustments, after.adjustments))
    return found


async def _own(ports: Ports, pair: _Pair) -> dict[str, tuple[FieldChange, ...]]:
    """By service, only what it has to do with."""
    found = {}
    for name, changes in _values(pair).items():
        concerns = await concerning(ports, pair.versions(name))
        found[name] = tuple(each for each in changes if not _is_value(each) or concerns(each.path))
    return found


def _is_value(change: FieldChange) -> bool:
    return not change.path.startswith((ADJUSTMENTS, DELIVERY))


def _whole(pair: _Pair) -> tuple[FieldChange, ...]:
    """Of the applications themselves, where that is recorded."""
    old, new = pair.old.revision.inputs, pair.new.revision.inputs
    return changed_values(pair.old.inputs[old], pair.new.inputs[new]) if old and new else ()


def changed_values(old: RecordedInputs | None, new: RecordedInputs | None) -> tuple[FieldChange, ...]:
    """By key, and what is delivered where as keys that begin with `delivery of`."""
    if old is None or new is None:
        return ()
    values = [msgspec.json.decode(each.render.values) for each in (old, new)]
    found = intent(values[0], values[1], secret={*old.secrets, *new.secrets})
    delivered = [_delivered(each) for each in (old, new)]
    return (*found, *intent(delivered[0], delivered[1]))


def _delivered(inputs: RecordedInputs) -> dict[str, object]:
    found = inputs.deliveries if inputs.deliveries is not msgspec.UNSET else {}
    return {f"{DELIVERY}{name}": msgspec.to_builtins(items) for name, items in found.items()}


async def _files(ports: Ports, pair: _Pair) -> tuple[FileChange, ...]:
    """Between the newest charts of both sides."""
    charts = [side.charts(pair.services)[:1] for side in (pair.old, pair.new)]
    if not all(charts) or charts[0] == charts[1]:
        return ()
    (old,), (new,) = charts
    archives = await ports.store.read(lambda records: _archives(records, (old, new)))
    contents = [await asyncio.to_thread(chart_files, each) for each in archives]
    return compare_files(contents[0], contents[1])


def _archives(records: Records, digests: Collection[str]) -> list[bytes]:
    return [records.templates.archive(digest) for digest in digests]
