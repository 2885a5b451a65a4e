"""Where templates came from, whether there is a newer version of their charts, and getting it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cantata.actions.import_template import ImportedTemplate, import_template
from cantata.actions.market_charts import FoundVersion, find_version
from cantata.actions.market_repositories import known_sources
from cantata.actions.ports import Ports
from cantata.actions.pull_chart import pull_chart
from cantata.core.market import newer
from cantata.core.model.access import Actor
from cantata.core.model.errors import RepositoryNotFound, check_name
from cantata.core.model.listings import ChartSource
from cantata.core.model.templates import TemplateVersion
from cantata.errors import CantataError, Category
from cantata.ports import Records


class TemplateNotFromMarket(CantataError):
    """What newer version would be meant is unknown."""

    category = Category.INVALID


async def import_from_market(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    reference: str = "",
    wanted: str = "",
    *,
    description: str = "",
    expected: int | None = None,
    strict: bool = False,
) -> ImportedTemplate:
    """A version of a chart with all that it depends on, as the next version of a template. Without a
    reference the chart that its latest version came from. Raises `TemplateNotFromMarket`, and what
    `find_version`, pulling and `import_template` raise; nothing is stored then."""
    check_name("template", name)
    if not reference:
        reference = await _came_from(ports, project, name)
    fetched = await fetch_chart(
        ports, project, reference, await find_version(ports, project, reference, wanted)
    )
    return await import_template(
        ports,
        actor,
        project,
        name,
        fetched.archive,
        origin=fetched.origin,
        description=description,
        source=fetched.source,
        expected=expected,
        strict=strict,
    )


@dataclass(frozen=True, slots=True)
class FetchedChart:
    """`origin` is where it came from in a few words."""

    archive: bytes = field(repr=False)
    source: ChartSource
    origin: str


async def fetch_chart(ports: Ports, project: str, reference: str, found: FoundVersion) -> FetchedChart:
    """With all that it depends on. Raises what pulling raises."""
    pinned = await pull_chart(
        ports.charts, ports.renderer, found.source, found.row, await known_sources(ports, project)
    )
    pulled = pinned.pulled
    version = pulled.version or (await ports.renderer.load(pulled.archive, subject=reference)).version
    source = ChartSource(
        repository_id=found.source.repository.id,
        repository=found.repository,
        chart=found.row.name,
        version=version,
        origin=pulled.origin,
        digest=pulled.digest,
        manifest=pulled.manifest,
        pins=pinned.pins[1:],  # The first is the chart itself.
        provenance=pulled.provenance,
        signatures=pulled.signatures,
    )
    return FetchedChart(pinned.archive, source, f"{found.repository}/{found.row.name} {version}")


async def _came_from(ports: Ports, project: str, name: str) -> str:
    def read(records: Records) -> str:
        template = records.templates.get(project, name)
        source = records.market.source(records.templates.version(template).id)
        if source is None:
            raise TemplateNotFromMarket(
                f"the latest version of template {name} did not come from a market",
                subject=f"template {name}",
                hint=f"Name its chart: `cantata template import {name} REPOSITORY/CHART`.",
            )
        try:
            repository = records.market.by_id(source.repository_id).repository.name
        except RepositoryNotFound:
            repository = source.repository  # It may have been removed and added again.
        return f"{repository}/{source.chart}"

    return await ports.store.read(read)


async def newer_versions(ports: Ports, project: str) -> Mapping[str, str]:
    """By the id of a template: the newer stable version of its chart that is listed."""

    def read(records: Records) -> Mapping[str, str]:
        sources = records.market.sources(project)
        listed = records.market.newest((each.repository_id, each.chart) for each in sources.values())
        found = {
            template: newer(source.version, listed.get((source.repository_id, source.chart), ""))
            for template, source in sources.items()
        }
        return {template: version for template, version in found.items() if version}

    return await ports.store.read(read)


async def version_source(ports: Ports, version: TemplateVersion) -> tuple[ChartSource, str] | None:
    """With the newer version of its chart that is listed, or none."""

    def read(records: Records) -> tuple[ChartSource, str] | None:
        source = records.market.source(version.id)
        if source is None:
            return None
        key = (source.repository_id, source.chart)
        return source, newer(source.version, records.market.newest([key]).get(key, ""))

    return await ports.store.read(read)
