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
from cantata.core.services import SHARED


@dataclass(frozen=True, slots=True)
class ChartReads:
    """The value paths that each template file depends on, everything below them included. `whole` says that
    this is not known for the chart: one template may change what the next one sees."""

    files: Mapping[str, Collection[Path]]
    whole: bool = False

    def readers(self, changed: Collection[Path]) -> frozenset[str]:
        """The files that a change of these values shows to."""
        return frozenset(
            file
            for file, reads in self.files.items()
            if any(touches(path, read) for path in changed for read in reads)
        )


@dataclass(frozen=True, slots=True)
class Candidates:
    """`services` may differ; `files` are the templates whose objects tell. `files` None means that only a
    whole render does."""

    services: frozenset[str]
    files: frozenset[str] | None


def find_candidates(
    changed: Changed,
    reads: ChartReads,
    versions: Mapping[str, ServiceVersion],
    delivered: Collection[str],
) -> Candidates:
    """`versions` are the recorded services, `delivered` the names of those that take config as environment or
    files: a key that is new may reach any of them."""
    files = reads.readers(changed.values)
    services = {
        name
        for name, version in versions.items()
        if not files.isdisjoint(version.files)
        or not changed.keys.isdisjoint(version.keys)
        or (changed.added and name in delivered)
    }
    unknown = any(not version.files and version.kind for version in versions.values())
    if reads.whole or unknown or (SHARED in services and versions[SHARED].keys):
        return Candidates(frozenset(versions), None)
    needed = files.union(*(versions[name].files for name in services))
    return Candidates(frozenset(services), needed)
