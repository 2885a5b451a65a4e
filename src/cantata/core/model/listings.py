"""What a project knows of repositories from their last refresh, and what a search in it finds."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.core.model.market import ChartRow, IndexMark, Pin, Repository


class Refreshed(msgspec.Struct, frozen=True, rename="camel"):
    """How the last refresh of a repository went. `entries` are charts, `skipped` says what of the index was
    left out. After one that failed there is an `error`, with the number of `failures` in a row; what was
    listed before stays. `next_at` is when it is refreshed by itself, in seconds since the epoch."""

    refreshed_at: str = ""
    mark: IndexMark = IndexMark()
    entries: int = 0
    skipped: tuple[str, ...] = ()
    error: str = ""
    failures: int = 0
    next_at: float = 0.0


class KeptRepository(msgspec.Struct, frozen=True):
    """`username` is shown; what opens the repository is not."""

    repository: Repository
    username: str
    refreshed: Refreshed


class ListedVersion(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One version of a chart, by what is needed to choose and to pull it: see `ChartRow`."""

    version: str
    app_version: str = ""
    created: str = ""
    digest: str = ""
    urls: tuple[str, ...] = ()
    deprecated: bool = False


class ListedChart(msgspec.Struct, frozen=True):
    """`newest` is the newest stable version, or the newest where none is stable; `versions` are all, newest
    first."""

    newest: ChartRow
    versions: tuple[ListedVersion, ...]


class FoundChart(msgspec.Struct, frozen=True):
    """What a search has found, by the words of its newest stable version. `versions` are there where they
    were asked for."""

    repository: str
    name: str
    version: str
    app_version: str
    description: str
    deprecated: bool
    versions: tuple[ListedVersion, ...] = ()


class Publication(msgspec.Struct, frozen=True):
    """A chart that a project serves: `row` is what is known of it, `metadata` its Chart.yaml, `file` the name
    of its archive, `template` and `number` what it was made of."""

    id: str
    project: str
    file: str
    row: ChartRow
    template: str
    number: int
    author: str
    created_at: str
    metadata: dict[str, Any] = {}


class ChartSource(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Where a version of a template came from. `origin` is the address of the archive, `digest` that of its
    bytes, `manifest` that of a registry's manifest; `pins` are the charts that went into it. `provenance` is
    the text of its .prov file, `signatures` what a registry told of; nobody has checked them. What was
    `edited` since came from there, and is no longer that."""

    repository_id: str
    repository: str
    chart: str
    version: str
    origin: str
    digest: str
    manifest: str = ""
    pins: tuple[Pin, ...] = ()
    provenance: str = ""
    signatures: tuple[str, ...] = ()
    edited: bool = False
