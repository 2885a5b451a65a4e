"""What earlier versions of some services refer to that others had then, and that would have to come along."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from cantata.actions.closure import closure_of
from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.earlier_versions import Earlier, are_alike
from cantata.actions.recorded_services import manifests_of
from cantata.actions.source import Source
from cantata.core.model.applications import Revision
from cantata.core.model.errors import BlobMissing, SealedUnderLostKey
from cantata.core.plan.closure import Closure, Needed
from cantata.ports import Records


def earlier_closure(
    records: Records, source: Source, desired: DesiredState, earlier: Mapping[str, Earlier]
) -> tuple[Closure, dict[str, Earlier]]:
    """With the versions in which the services that have to come along were there beside these. A service
    whose Job has completed does not: it would run again."""
    completed = {record.service for record in source.inventory if record.completed}
    needed: list[Needed] = []
    along: set[str] = set()
    companions: dict[str, Earlier] = {}
    for revision in {each.revision.number: each.revision for each in earlier.values()}.values():
        names = [name for name, each in earlier.items() if each.revision.number == revision.number]
        chosen = {name: desired.services[name] for name in names}
        present = {name: each for name, each in desired.services.items() if name not in earlier}
        wanted = _others(records, revision, present, earlier)
        found = closure_of(source, chosen, present, wanted)
        needed += found.needed
        along |= {*found.along}
        for name in {*found.along} - companions.keys() - completed:
            companions[name] = Earlier(revision.services[name], revision)
    return Closure(tuple(needed), tuple(sorted(along))), companions


def _others(
    records: Records,
    revision: Revision,
    present: Mapping[str, DesiredService],
    earlier: Mapping[str, Earlier],
) -> dict[str, DesiredService]:
    """The services that were other ones then, as far as it is still known what they were."""
    found = {}
    for name, version in revision.services.items():
        now = present.get(name)
        if name in earlier or (now is not None and are_alike(version, now.recorded)):
            continue
        with suppress(BlobMissing, SealedUnderLostKey):
            found[name] = DesiredService.of(version, manifests_of(records, version))
    return found
