"""Which services of an application would come out otherwise than they are recorded, with as little rendered
as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cantata.actions.build import Built
from cantata.actions.desired import DesiredService
from cantata.actions.renders import Group, Renders
from cantata.core.impact import Candidates, find_candidates
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.findings import Finding
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.variables import ChartVariables


@dataclass(frozen=True, slots=True)
class Difference:
    """A service that would come out otherwise than it is recorded: new (without `old`), gone (without `new`),
    or changed. `errors` are findings for which it would not be deployed. The dependencies
    of `new` are not to be relied on: a partial render does not have them all."""

    name: str
    old: ServiceVersion | None
    new: DesiredService | None
    errors: tuple[Finding, ...] = ()


async def differing(renders: Renders, variables: ChartVariables) -> tuple[Difference, ...]:
    """What `resolve` would find changed, with as little rendered as `variables` allow, and with the recorded
    hidden inputs. For an application that was deployed; raises what `resolve` does."""
    groups: dict[Group, list[str]] = {renders.base: []}
    for name, version in renders.known.items():
        groups.setdefault(Group(version.inputs, renders.overrides.get(name, "")), []).append(name)
    found: list[Difference] = []
    for group, names in groups.items():
        same = renders.same_services() if group == renders.base else renders.same_inputs(group)
        if not await same:
            found += await _differing_in(renders, group, names, variables)
    return tuple(found)


async def _differing_in(
    renders: Renders, group: Group, names: Sequence[str], variables: ChartVariables
) -> list[Difference]:
    known, inputs = renders.known, await renders.inputs(group)
    candidates = await _candidates(renders, group, inputs, variables)
    services, files = candidates.services, candidates.files
    if files is not None and not files:
        return []
    built = await renders.render(group, inputs, None if files is None else sorted(files))
    if files is not None and not _all_known(renders, built):
        # Analysis needs all objects for deciding where a new one belongs.
        services, built = frozenset(known), await renders.render(group, inputs)
    found = []
    for name in (*names, *(built.manifests.keys() - known.keys() if group == renders.base else ())):
        if name in known and name not in services:
            continue
        old = known.get(name)
        made = renders.made(name, built) if name in built.manifests else None
        if made is None or old is None or made.digest != old.digest:
            found.append(Difference(name, old, made, built.errors(name)))
    return found


async def _candidates(
    renders: Renders, group: Group, inputs: RecordedInputs, variables: ChartVariables
) -> Candidates:
    source = renders.source
    recorded = source.inputs(group.address)
    old, new = recorded.render, inputs.render
    others = (old.chart, old.numbers, recorded.deliveries) != (new.chart, new.numbers, inputs.deliveries)
    if others or (group.address == renders.base.address and not renders.whole):
        return Candidates(frozenset(renders.known), None)
    values = renders.values[group.override]
    reached = await renders.given.files_reached(source, old.values, values, variables)
    return find_candidates(reached, recorded.entries, inputs.entries, renders.known)


def _all_known(renders: Renders, built: Built) -> bool:
    known = {each.object for each in renders.source.application.assignments}
    return built.split.assignments.keys() <= known
