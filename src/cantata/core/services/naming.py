"""Names of services."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping

import msgspec

from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import ObjectKey
from cantata.core.services.fields import labels_of
from cantata.core.services.source import parse_source

SHARED = "shared"
"""The service of what several services share, or nobody refers to. It is deployed first."""

COMPONENT = "app.kubernetes.io/component"
LONGEST = 53
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def is_name(text: str) -> bool:
    return len(text) <= LONGEST and LABEL.fullmatch(text) is not None


def name_of(text: str) -> str:
    """The nearest DNS label of at most 53 characters, `service` when nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST].rstrip("-") or "service"


def short_name(name: str, release: str, chart: str) -> str:
    """An object's name less the release prefix; the chart's name for an object named like the release."""
    if name == release:
        return name_of(chart)
    return name_of(name.removeprefix(f"{release}-"))


class Candidates(msgspec.Struct, frozen=True):
    """The names that a workload would take, best first."""

    names: tuple[str, ...]

    def at(self, level: int) -> str:
        return self.names[min(level, len(self.names) - 1)]


def candidates(item: RenderedObject, *, release: str, chart: str) -> Candidates:
    key = ObjectKey.of(item.manifest)
    source = parse_source(item.path)
    own = source.subcharts[-1] if source.subcharts else chart
    short = short_name(key.name, release, own)
    component = str(labels_of(item.manifest).get(COMPONENT) or "")
    # Who is called as the chart is needs no other word: `kube-state-metrics`, whose component is `metrics`.
    first = name_of(component) if component and short != name_of(own) else short
    names = []
    for base in (first, short):
        names += [base, _prefixed(source.prefix, base)]
    names += [name_of(f"{names[-1]}-{key.kind}"), name_of(f"{names[-1]}-{key.kind}-{key.namespace}")]
    return Candidates(tuple(names))


def _prefixed(prefix: str, base: str) -> str:
    if not prefix or base == prefix or base.startswith(f"{prefix}-"):
        return base
    return name_of(f"{prefix}-{base}")


def name_workloads(
    workloads: Mapping[ObjectKey, RenderedObject], taken: Collection[str], *, release: str, chart: str
) -> dict[ObjectKey, str]:
    """A name of its own for each workload. `taken` are the names that other workloads have already.

    The first choice is the component label, else the name less the release prefix, which is also that of a
    workload with the name of its chart. Workloads that choose the same all go on to their next choice:
    prefixed by the subchart, then their own names, then with the kind. So the outcome does not depend on the
    order of the objects.
    """
    wishes = {key: candidates(item, release=release, chart=chart) for key, item in workloads.items()}
    levels = dict.fromkeys(sorted(wishes), 0)
    occupied = {*taken, SHARED}
    choosing: defaultdict[str, set[ObjectKey]] = defaultdict(set)
    for key, wish in wishes.items():
        choosing[wish.at(0)].add(key)
    chosen = set(choosing)
    while chosen:
        clashing = [
            key
            for name in chosen
            if len(choosing[name]) > 1 or name in occupied
            for key in choosing[name]
            if levels[key] < len(wishes[key].names) - 1
        ]
        chosen = set()
        for key in clashing:
            choosing[wishes[key].at(levels[key])].remove(key)
            levels[key] += 1
            chosen.add(wishes[key].at(levels[key]))
            choosing[wishes[key].at(levels[key])].add(key)
    numbers: dict[str, int] = {}
    return {key: _numbered(wishes[key].at(level), occupied, numbers) for key, level in levels.items()}


def _numbered(name: str, occupied: set[str], numbers: dict[str, int]) -> str:
    """The last resort, in the order of the keys: `web-2`. Notes what it gives away."""
    found = name
    while found in occupied:
        numbers[name] = numbers.get(name, 1) + 1
        suffix = f"-{numbers[name]}"
        found = f"{name[: LONGEST - len(suffix)]}{suffix}"
    occupied.add(found)
    return found
