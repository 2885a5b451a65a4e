"""Search what the repositories of a project list, and find, show and pull a chart of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.chart_facts import FILE, chart_facts
from cantata.actions.config_users import ALL
from cantata.actions.market_repositories import get_repository, source_of
from cantata.actions.ports import Ports
from cantata.core.market import ChartReference, below, is_stable, parse_reference
from cantata.core.model.charts import LoadedChart
from cantata.core.model.errors import ChartNotListed
from cantata.core.model.listings import FoundChart, ListedChart, ListedVersion
from cantata.core.model.market import ChartRow, PulledChart, RepositoryKind, Source
from cantata.errors import CantataError, Category
from cantata.ports import Page

MOST_WORDS = 20
LONGEST_WORD = 200
NAMED = 5
"""So many versions are named where none fits."""


class SearchInvalid(CantataError):
    category = Category.INVALID


class RegistryNotConfigured(CantataError):
    """A registry that no repository of the project names is not asked: a person with that right adds it."""

    category = Category.REFUSED


class ChartVersionNotFound(CantataError):
    """No version of a chart fits what was asked for."""

    category = Category.NOT_FOUND


@dataclass(frozen=True, slots=True)
class FoundVersion:
    """One version of a chart, and where it is pulled from. `repository` is the name under which it was found,
    `versions` are all that its repository lists."""

    repository: str
    source: Source
    row: ChartRow
    versions: tuple[ListedVersion, ...]


@dataclass(frozen=True, slots=True)
class ChartPage:
    """Everything that is shown of a chart. `row` says what its own Chart.yaml says."""

    found: FoundVersion
    pulled: PulledChart
    row: ChartRow
    chart: LoadedChart


async def search_market(
    ports: Ports,
    project: str,
    words: Sequence[str],
    *,
    repository: str = "",
    versions: bool = False,
    page: Page = Page(),
) -> Sequence[FoundChart]:
    """Every word is part of name, description, keywords or maintainers. Raises `SearchInvalid`,
    `RepositoryNotFound`."""
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        raise SearchInvalid(
            f"a search has at most {MOST_WORDS} words of {LONGEST_WORD} characters", subject="search"
        )
    if repository:
        await get_repository(ports, project, repository)
    return await ports.store.read(
        lambda records: records.market.search(
            project, words, repository=repository, versions=versions, page=page
        )
    )


async def find_version(ports: Ports, project: str, reference: str, wanted: str = "") -> FoundVersion:
    """`reference` is `REPOSITORY/CHART` or `oci://…`; `wanted` a version or a range of them, by default the
    newest stable one. Raises `ChartReferenceInvalid`, `RepositoryNotFound`, `ChartNotListed`,
    `RegistryNotConfigured`, `ChartVersionNotFound`, `ConstraintInvalid`, and what asking a registry
    raises."""
    asked = parse_reference(reference)
    if asked.url:
        repository, source = await _registry(ports, project, asked)
        listed = await _asked_of(ports, source, asked.chart) if not asked.version else ()
    else:
        repository, source, listed = await _listed(ports, project, asked)
    if asked.version.startswith("sha256:"):
        return FoundVersion(
            repository, source, ChartRow(asked.chart, "", urls=(f"{asked.url}@{asked.version}",)), ()
        )
    if asked.version:
        return FoundVersion(repository, source, ChartRow(asked.chart, asked.version), ())
    version = await choose(ports, asked, tuple(each.version for each in listed), wanted)
    chosen = next(each for each in listed if each.version == version)
    row = ChartRow(asked.chart, version, digest=chosen.digest, urls=chosen.urls)
    return FoundVersion(repository, source, row, listed)


async def _registry(ports: Ports, project: str, asked: ChartReference) -> tuple[str, Source]:
    """The repository with the longest address that the chart lies below."""
    kept = await ports.store.read(lambda records: records.market.list(project, page=ALL))
    fitting = [
        each.repository
        for each in kept
        if each.repository.kind is RepositoryKind.OCI and below(each.repository.url, asked.url) is not None
    ]
    if not fitting:
        raise RegistryNotConfigured(
            f"no repository of project {project} names the registry of {asked.url}",
            subject=f"chart {asked.url}",
            hint=f"`cantata market add NAME {asked.url.rpartition('/')[0]}` makes it one.",
        )
    repository = max(fitting, key=lambda each: len(each.url))
    source = await source_of(ports, repository)
    address = asked.url.rpartition("/")[0]
    return repository.name, msgspec.structs.replace(
        source, repository=msgspec.structs.replace(repository, url=address, charts=())
    )


async def _listed(
    ports: Ports, project: str, asked: ChartReference
) -> tuple[str, Source, tuple[ListedVersion, ...]]:
    repository = (await get_repository(ports, project, asked.repository)).repository
    source = await source_of(ports, repository)
    try:
        chart: ListedChart = await ports.store.read(
            lambda records: records.market.chart(repository, asked.chart)
        )
    except ChartNotListed:
        if repository.kind is not RepositoryKind.OCI:
            raise
        return repository.name, source, await _asked_of(ports, source, asked.chart)
    return repository.name, source, chart.versions


async def _asked_of(ports: Ports, source: Source, chart: str) -> tuple[ListedVersion, ...]:
    """A registry says what versions a chart has, whether it is listed or not."""
    return tuple(map(ListedVersion, await ports.charts.versions(source, chart)))


async def choose(ports: Ports, asked: ChartReference, versions: Sequence[str], wanted: str) -> str:
    """The newest version that fits. Raises `ChartVersionNotFound`, `ConstraintInvalid`."""
    if not wanted:
        fitting: Sequence[str] = [version for version in versions if is_stable(version)] or versions
    else:
        fitting = await ports.renderer.fitting_versions(wanted, versions)
    if not fitting:
        newest = ", ".join(versions[:NAMED])
        raise ChartVersionNotFound(
            f"no version of {asked.text} fits {wanted[:80]}",
            subject=f"chart {asked.text}",
            hint=f"The newest are {newest}." if newest else "It has no versions.",
        )
    return fitting[0]


async def show_chart(ports: Ports, project: str, reference: str, wanted: str = "") -> ChartPage:
    """Raises what `find_version` and pulling raise, and `ChartInvalid`."""
    found = await find_version(ports, project, reference, wanted)
    pulled = await ports.charts.pull(found.source, found.row)
    subject = f"chart {found.row.name}"
    files = await ports.renderer.unpack(pulled.archive, only=[FILE], subject=subject)
    facts = await chart_facts(ports, files, subject)
    chart = await ports.renderer.load(pulled.archive, subject=subject)
    return ChartPage(found, pulled, facts.row, chart)
