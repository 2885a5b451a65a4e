"""Which services a change of config may reach.

A service can differ only when one of its templates reads a value that changed, or when an entry changed that
reaches it as environment or file. Everything else is known to be the same without a render.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cantata.core.config import Path
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.inputs import RecordedEntry
from cantata.core.model.variables import ChartVariables
from cantata.core.services import SHARED
from cantata.core.variables import readers


@dataclass(frozen=True, slots=True)
class Candidates:
    """`services` may differ; `files` are the templates whose objects tell. `files` None means that only a
    whole render does, which may show other services, too."""

    services: frozenset[str]
    files: frozenset[str] | None


def find_candidates(
    reached: Collection[str],
    before: Sequence[RecordedEntry],
    after: Sequence[RecordedEntry],
    versions: Mapping[str, ServiceVersion],
) -> Candidates:
    """`reached` are the template files that a changed value reaches, `before` and `after` are the entries
    that are delivered, `versions` the recorded services. A new key may reach all that take entries."""
    old, new = ({entry.key: entry for entry in entries} for entries in (before, after))
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    added = not new.keys() <= old.keys()
    files = frozenset(file for file in reached if not file.endswith("/NOTES.txt"))
    services = frozenset(
        name
        for name, version in versions.items()
        if added or not files.isdisjoint(version.files) or not changed.isdisjoint(version.keys)
    )
    # A template that made nothing yet may make something for anybody; so may the chart's own conditions. The
    # ConfigMap of the config's own name comes from whoever mentions that.
    known = frozenset[str]().union(*(version.files for version in versions.values()))
    if not files <= known or (SHARED in services and versions[SHARED].keys):
        return Candidates(frozenset(versions), None)
    return Candidates(services, files.union(*(versions[name].files for name in services)))


def is_read(path: Path, variables: Collection[ChartVariables]) -> bool:
    """Whether any template of these charts reads the value at this path, or what holds it, or part of it."""
    return any(readers([path], chart) for chart in variables)
