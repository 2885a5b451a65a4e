"""The port to chart repositories: `cantata.charts` stands behind it."""

from __future__ import annotations

from typing import Protocol

import msgspec

from cantata.core.model.market import ChartRow, IndexMark, IndexRows, Published, PulledChart, Source


class FetchedIndex(msgspec.Struct, frozen=True):
    """All that a repository offers, and what it calls this state of it."""

    rows: IndexRows
    mark: IndexMark = IndexMark()


class ChartSources(Protocol):
    """Reads and fills repositories of the three kinds. Raises the errors of
    `cantata.core.repositories.errors` (`RepositoryUnreachable`, `RepositoryLoginRefused`,
    `RepositoryAddressClosed`, `ChartNotInRepository`, `ChartDigestWrong` …) and the renderer's `IndexInvalid`
    and `ChartInvalid`; none of them holds a credential."""

    async def fetch_index(self, source: Source, mark: IndexMark | None = None) -> FetchedIndex | None:
        """None when nothing changed since `mark` was given."""
        ...

    async def versions(self, source: Source, chart: str) -> tuple[str, ...]:
        """The versions of one chart, newest first. For a registry this asks for tags alone."""
        ...

    async def pull(self, source: Source, row: ChartRow) -> PulledChart:
        """One version, its digest checked. A row with name and version alone is enough for a registry and a
        folder; an HTTP repository needs the row's `urls`. For a registry `oci://…@sha256:…` as a URL stands
        in the place of a version."""
        ...

    async def publish(self, source: Source, archive: bytes, row: ChartRow) -> Published:
        """Put an archive there as `row.name` and `row.version`, for a registry or a folder. The same archive
        once more is no error. Raises `ChartAlreadyPublished` when this version is there with other content,
        `RepositoryReadOnly` for HTTP."""
        ...
