"""What a rollback skips and holds, and which held values a deploy would bring back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import msgspec

from cantata.actions.desired import DesiredService
from cantata.actions.earlier_versions import are_alike
from cantata.actions.ports import Ports
from cantata.actions.source import Source
from cantata.actions.variables import read_variables
from cantata.core.config import Path
from cantata.core.holds import changed_paths, encoded_at, read_by
from cantata.core.model.applications import Application, ServiceVersion
from cantata.core.model.errors import SealedUnderLostKey
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.holds import Hold, Holding, Skipped
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.variables import ChartVariables
from cantata.errors import CantataError, Category, Detail, Place
from cantata.ports import Page, Records

LOOK_BACK = Page(limit=200)
"""How many revisions are gone through for what a rollback skips."""

Values = Mapping[str, Any]


class ValueHeld(CantataError):
    """A deploy would bring back values from which the application was rolled back. `services` are those that
    would have them."""

    category = Category.CONFLICT

    def __init__(self, application: str, holds: Sequence[Hold]) -> None:
        first = holds[0]
        more = f" (and {len(holds) - 1} more)" if len(holds) > 1 else ""
        super().__init__(
            f"service {first.service} would have the value of revision {first.revision} again, from which it "
            f"was rolled back{more}",
            subject=f"application {application}",
            place=Place(key=first.key),
            hint="Give it another value, or deploy it all the same by `--lift-holds`.",
            details=[Detail(f"service {each.service}", Place(key=each.key)) for each in holds],
        )
        self.services = frozenset(hold.service for hold in holds)


def refuse_held(application: Application, holding: Holding) -> None:
    """Raises `ValueHeld`."""
    if holding.back:
        raise ValueHeld(application.name, holding.back)


def find_held(
    ports: Ports, source: Source, services: Mapping[str, DesiredService], selected: Collection[str]
) -> Holding:
    """Which values come back with those services that are made anew: what runs already does not. A hold ends
    by that, and by a value that is neither the held one nor the one that runs."""
    running = source.latest.services if source.latest is not None else {}
    back, ended = [], []
    for hold in source.holds:
        service = services.get(hold.service)
        if service is None or service.inputs is None or hold.service not in selected:
            continue
        value = _hash(ports, msgspec.json.decode(service.inputs.render.values), hold.path)
        version = running.get(hold.service)
        if value == hold.value:
            back.append(hold)
        elif version is None or value != _hash(ports, _values(source.recorded[version.inputs]), hold.path):
            ended.append(hold)
    return Holding(back=tuple(back), ended=tuple(hold.id for hold in (*back, *ended)))


def held_findings(holding: Holding) -> Iterator[Finding]:
    for hold in holding.back:
        yield Finding(
            "value-held",
            Severity.WARNING,
            f"{hold.key} of service {hold.service} would have the value of revision {hold.revision} again, "
            "from which it was rolled back",
            service=hold.service,
            key=hold.key,
            suggestion="Give it another value, or deploy it all the same by `--lift-holds`.",
        )


@dataclass(frozen=True, slots=True)
class Step:
    """The values of a service from the revision `number` on."""

    number: int
    values: Values = field(repr=False)


@dataclass(frozen=True, slots=True)
class Way:
    """What a service leaves behind on its way back: its values, the newest first, the last ones those that it
    returns to."""

    version: ServiceVersion
    steps: tuple[Step, ...]


def read_ways(records: Records, source: Source, versions: Mapping[str, ServiceVersion]) -> tuple[Way, ...]:
    """Of the services that change. What is lost with its key is left out."""
    present = source.latest.services if source.latest is not None else {}
    revisions = records.revisions.list(source.application.id, page=LOOK_BACK)
    ways = []
    for name, version in versions.items():
        now = present.get(name)
        if now is None or are_alike(version, now):
            continue
        passed: list[ServiceVersion] = []
        for revision in revisions:
            then = revision.services.get(name)
            if then is not None and (not passed or then.inputs != passed[-1].inputs):
                passed.append(then)
            if then is not None and are_alike(version, then):
                break
        if not passed or passed[-1].inputs != version.inputs:
            passed.append(version)
        with suppress(SealedUnderLostKey):
            blobs = records.blobs.get_all({each.inputs for each in passed})
            steps = tuple(Step(each.changed_in, _values(blobs[each.inputs])) for each in passed)
            ways.append(Way(now, steps))
    return tuple(ways)


async def plan_holds(ports: Ports, source: Source, ways: Sequence[Way]) -> Holding:
    """The values that a rollback leaves are held, and those that it asks for no more; and every key that it
    skips."""
    variables: ChartVariables | None = None
    with suppress(CantataError):
        variables = await read_variables(ports, source.template)
    made: list[Hold] = []
    skipped: list[Skipped] = []
    for way in ways:
        version, newest, oldest = way.version, way.steps[0], way.steps[-1]
        left = _read(variables, version, changed_paths(oldest.values, newest.values))
        made += [_hold(ports, source, version, path, newest.values) for path in left]
        changed_in: dict[Path, int] = {}
        for newer, older in pairwise(way.steps):
            for path in _read(variables, version, changed_paths(older.values, newer.values)):
                changed_in.setdefault(path, newer.number)
        skipped += [
            Skipped(version.service, ".".join(path), number, held=path in left)
            for path, number in sorted(changed_in.items())
        ]
    values = {way.version.service: way.steps[-1].values for way in ways}
    ended = tuple(
        hold.id
        for hold in source.holds
        if hold.service in values and _hash(ports, values[hold.service], hold.path) == hold.value
    )
    return Holding(made=tuple(made), ended=ended, skipped=tuple(skipped))


def _hold(ports: Ports, source: Source, version: ServiceVersion, path: Path, values: Values) -> Hold:
    return Hold(
        id="",
        application_id=source.application.id,
        service=version.service,
        path=path,
        value=_hash(ports, values, path),
        revision=version.changed_in,
        author="",
    )


def _read(
    variables: ChartVariables | None, version: ServiceVersion, paths: Sequence[Path]
) -> tuple[Path, ...]:
    return tuple(paths) if variables is None else read_by(variables, version.files, version.keys, paths)


def _values(blob: bytes) -> Values:
    inputs = msgspec.json.decode(blob, type=RecordedInputs)
    values: Values = msgspec.json.decode(inputs.render.values)
    return values


def _hash(ports: Ports, values: Values, path: Path) -> str:
    return ports.store.keyed_hash(b"held value\0" + encoded_at(values, path))
