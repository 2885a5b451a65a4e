"""Rows of an index become charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from cantata.core.model.listings import ListedChart, ListedVersion, Publication
from cantata.core.model.market import ChartRow
from cantata.core.versions import SemanticVersion, find_version


def by_chart(rows: Iterable[ChartRow]) -> Iterator[ListedChart]:
    """Of rows that come chart by chart, the newest version of each first. Not more than one chart is held."""
    for _, group in groupby(rows, key=lambda row: row.name):
        versions = list(group)
        newest = next((row for row in versions if is_stable(row.version)), versions[0])
        yield ListedChart(_described(newest, versions[0]), tuple(map(_listed, versions)))


def _described(row: ChartRow, first: ChartRow) -> ChartRow:
    """A registry tells of the first one alone what it is."""
    if row.description:
        return row
    own = {field: getattr(row, field) for field in ("version", "created", "digest", "urls", "deprecated")}
    return msgspec.structs.replace(first, **own, app_version=row.app_version)


def is_stable(version: str) -> bool:
    """Whether a semantic version is no prerelease."""
    return "-" not in version.partition("+")[0]


def _listed(row: ChartRow) -> ListedVersion:
    return ListedVersion(row.version, row.app_version, row.created, row.digest, row.urls, row.deprecated)


def newest_first(publications: Iterable[Publication]) -> list[Publication]:
    """By chart, the newest version of each first."""
    ordered = sorted(publications, key=lambda each: semantic(each.row.version), reverse=True)
    return sorted(ordered, key=lambda each: each.row.name)


def semantic(version: str) -> SemanticVersion:
    """To sort by: what is no semantic version comes before all others."""
    return find_version(version) or SemanticVersion(0, prerelease=("0",))


def newer(version: str, listed: str) -> str:
    """The listed version if it is newer, else nothing."""
    return listed if listed and semantic(version) < semantic(listed) else ""
