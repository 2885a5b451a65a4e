"""Which services a change may reach.

A service can differ only when one of its templates reads a value that changed, or when an entry changed that
reaches it as environment or file. Everything else is known to be the same without a render.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cantata.core.config import Path
from cantata.core.impact.changed import Changed, touches
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.variables import ChartVariables, Read, ReadHow
from cantata.core.services import SHARED


@dataclass(frozen=True, slots=True)
class Candidates:
    """`services` may differ; `files` are the templates whose objects tell. `files` None means that only a
    whole render does."""

    services: frozenset[str]
    files: frozenset[str] | None


def find_candidates(
    changed: Changed, variables: ChartVariables, versions: Mapping[str, ServiceVersion]
) -> Candidates:
    """`versions` are the recorded services. A key that is new may reach all that take entries."""
    files = find_readers(changed, variables)
    services = {
        name
        for name, version in versions.items()
        if changed.added or not files.isdisjoint(version.files) or not changed.keys.isdisjoint(version.keys)
    }
    unrecorded = any(version.kind and not version.files for version in versions.values())
    manifests_shared = SHARED in services and versions[SHARED].keys
    if unrecorded or manifests_shared or any(file not in _rendered(variables) for file in files):
        return Candidates(frozenset(versions), None)
    return Candidates(frozenset(services), files.union(*(versions[name].files for name in services)))


def find_readers(changed: Changed, variables: ChartVariables) -> frozenset[str]:
    """The template files that a change of values shows to."""
    if not changed.values:
        return frozenset()
    return frozenset(
        template.path
        for template in variables.templates
        if any(_shows(read, changed) for read in template.reads)
    )


def _rendered(variables: ChartVariables) -> frozenset[str]:
    """What is below `templates/`; the chart's own conditions and imports decide over whole subcharts."""
    return frozenset(each.path for each in variables.templates if "/templates/" in each.path)


def _shows(read: Read, changed: Changed) -> bool:
    """A value that is executed as a template reads what its text says: only the chart's own is known."""
    if read.dynamic and any(touches(read.path, path) for path in changed.given):
        return True
    return any(depends_on(read, path) for path in changed.values)


def depends_on(read: Read, path: Path) -> bool:
    """Whether a read sees the value at this path, or what holds it, or part of it. Presence depends on the
    keys of a map, not on what is below them."""
    deepest = len(read.path) + 1 if read.how is ReadHow.PRESENCE else None
    return touches(path, read.path) and (deepest is None or len(path) <= deepest)


def reads_key(path: Path, variables: Collection[ChartVariables]) -> bool:
    """Whether any template of these charts reads the value at this path, or what holds it, or part of it."""
    return any(
        touches(path, read.path)
        for chart in variables
        for template in chart.templates
        for read in template.reads
    )
