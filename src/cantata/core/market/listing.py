"""Rows of an index become charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from cantata.core.model.listings import ListedChart, ListedVersion
from cantata.core.model.market import ChartRow


def by_chart(rows: Iterable[ChartRow]) -> Iterator[ListedChart]:
    """Of rows that come chart by chart, the newest version of each first. Not more than one chart is held."""
    for _, group in groupby(rows, key=lambda row: row.name):
        versions = list(group)
        newest = next((row for row in versions if is_stable(row.version)), versions[0])
        yield ListedChart(newest, tuple(map(_listed, versions)))


def is_stable(version: str) -> bool:
    """Whether a semantic version is no prerelease."""
    return "-" not in version.partition("+")[0]


def _listed(row: ChartRow) -> ListedVersion:
    return ListedVersion(row.version, row.app_version, row.created, row.digest, row.urls, row.deprecated)
