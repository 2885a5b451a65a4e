"""Pull one version of a chart with all that it depends on, as one archive that needs no network any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from cantata.core.model.market import (
    ChartNode,
    ChartRow,
    IndexRows,
    Pin,
    PinnedChart,
    PulledChart,
    RepositoryKind,
    Source,
)
from cantata.core.repositories.dependencies import (
    MOST,
    Brought,
    Inside,
    Step,
    Wanted,
    aliases,
    asked,
    follow,
    missing,
    pins_brought,
    plan_dependencies,
    source_for,
)
from cantata.core.repositories.errors import ChartDependenciesTooMany, ChartNotInRepository
from cantata.errors import CantataError
from cantata.ports.charts import ChartSources
from cantata.ports.renderer import Renderer


async def pull_chart(
    charts: ChartSources, renderer: Renderer, source: Source, row: ChartRow, known: Sequence[Source] = ()
) -> PinnedChart:
    """`known` are the repositories of the project, which dependencies may name by address or as `@name`.

    Raises what `ChartSources.pull` does, and `ChartDependencyMissing`, `ChartDependencyCycle`,
    `ChartDependenciesTooMany`.
    """
    pulled = await charts.pull(source, row)
    archive, pins = await complete_chart(charts, renderer, pulled.archive, (source, *known))
    own = Pin(pulled.name, pulled.version, source.repository.url, pulled.digest)
    return PinnedChart(pulled, archive, (own, *pins))


async def complete_chart(
    charts: ChartSources, renderer: Renderer, archive: bytes, known: Sequence[Source] = ()
) -> tuple[bytes, tuple[Pin, ...]]:
    """A chart's archive with the dependencies that it lacks, and what all of them are. An archive that lacks
    none comes back as it is."""
    completing = _Completing(charts, renderer, known)
    return await completing.complete(archive, (), ())


class _Completing:
    """One import: each repository is read once, each chart fetched once."""

    def __init__(self, charts: ChartSources, renderer: Renderer, known: Sequence[Source]) -> None:
        self._charts = charts
        self._renderer = renderer
        self._known = known
        self._aliases = aliases(known)
        self._indexes: dict[str, IndexRows] = {}
        self._fetched: dict[tuple[str, str, str], tuple[PulledChart, bytes, tuple[Pin, ...]]] = {}

    async def complete(
        self, archive: bytes, trail: tuple[str, ...], path: tuple[str, ...]
    ) -> tuple[bytes, tuple[Pin, ...]]:
        node = await self._renderer.dependencies(archive, self._aliases)
        trail = trail or (f"{node.name} {node.version}",)
        path = (*path, node.name)
        steps = plan_dependencies(node, await self._fitting(node))
        pins: list[Pin] = []
        added: dict[str, bytes] = {}
        for step in steps:
            content, found = await self._take(step, node, archive, trail, path)
            pins += found
            if content:
                added[f"charts/{found[0].name}-{found[0].version}.tgz"] = content
        steps_of = {step.chart.path for step in steps if isinstance(step, Brought)}
        pins += [
            pin for each in node.charts if each.path not in steps_of for pin in pins_brought(None, each, path)
        ]
        return (await self._with(archive, node, steps, added) if added else archive), tuple(pins)

    async def _fitting(self, node: ChartNode) -> set[tuple[str, str]]:
        return {
            (constraint, version)
            for constraint, version in asked(node)
            if await self._renderer.fitting_versions(constraint, [version])
        }

    async def _take(
        self, step: Step, node: ChartNode, archive: bytes, trail: tuple[str, ...], path: tuple[str, ...]
    ) -> tuple[bytes, Sequence[Pin]]:
        """The archive of what is to be added, empty when it is there; and its pin, those of its own
        dependencies after it."""
        match step:
            case Brought():
                return b"", pins_brought(step.dependency, step.chart, path)
            case Inside():
                return await self._inside(step, node, archive, trail, path)
            case Wanted():
                return await self._fetch(step, node, trail, path)

    async def _inside(
        self, step: Inside, node: ChartNode, archive: bytes, trail: tuple[str, ...], path: tuple[str, ...]
    ) -> tuple[bytes, Sequence[Pin]]:
        files = await self._renderer.unpack(archive)
        start = "" if step.path == "." else f"{step.path}/"
        own = {name.removeprefix(start): content for name, content in files.items() if name.startswith(start)}
        packed = files.get(step.path, b"")
        if "Chart.yaml" not in own and not packed:
            raise missing(node.name, step.dependency, f"there is no chart at {step.path} in the archive")
        trail = follow(trail, f"{step.dependency.name} at {node.name}/{step.path}")
        content = packed or await self._renderer.pack(own, step.dependency.name)
        inner = await self._renderer.dependencies(content, self._aliases)
        fits = await self._renderer.fitting_versions(step.dependency.version or "*", [inner.version])
        if inner.name != step.dependency.name or not fits:
            raise missing(node.name, step.dependency, f"{step.path} holds {inner.name} {inner.version}")
        content, pins = await self.complete(content, trail, path)
        own_pin = Pin(
            inner.name, inner.version, step.dependency.repository, inner.digest, step.dependency.alias, path
        )
        return content, (own_pin, *pins)

    async def _fetch(
        self, step: Wanted, node: ChartNode, trail: tuple[str, ...], path: tuple[str, ...]
    ) -> tuple[bytes, Sequence[Pin]]:
        dependency = step.dependency
        source = source_for(dependency.repository, self._known)
        try:
            row = await self._choose(source, step)
        except CantataError as error:
            error.message = f"chart {node.name} depends on {dependency.name}: {error.message}"
            raise
        if row is None:
            raise missing(
                node.name, dependency, f"{dependency.repository} has no version that fits {step.constraint}"
            )
        key = (source.repository.url, row.name, row.version)
        trail = follow(trail, f"{row.name} {row.version}")
        if key not in self._fetched:
            if len(self._fetched) >= MOST:
                raise ChartDependenciesTooMany(
                    f"chart {node.name} brings more than {MOST} dependencies", subject="dependencies"
                )
            pulled = await self._charts.pull(source, row)
            content, inner = await self.complete(pulled.archive, trail, path)
            self._fetched[key] = (pulled, content, inner)
        pulled, content, inner = self._fetched[key]
        own = Pin(row.name, row.version, dependency.repository, pulled.digest, dependency.alias, path)
        return content, (own, *_moved(inner, path))

    async def _choose(self, source: Source, step: Wanted) -> ChartRow | None:
        """The version that Helm would take. From a registry one that is named exactly is asked for as it is,
        without its tags."""
        name, constraint = step.dependency.name, step.constraint
        if source.repository.kind is RepositoryKind.OCI:
            exact = await self._renderer.fitting_versions("", [constraint])
            if exact:
                return ChartRow(name, constraint)
            try:
                versions = await self._charts.versions(source, name)
            except ChartNotInRepository:
                return None
            fitting = await self._renderer.fitting_versions(constraint, versions)
            return ChartRow(name, fitting[0]) if fitting else None
        rows = {row.version: row for row in await self._rows(source) if row.name == name and row.urls}
        fitting = await self._renderer.fitting_versions(constraint, list(rows))
        return rows[fitting[0]] if fitting else None

    async def _rows(self, source: Source) -> IndexRows:
        url = source.repository.url
        if url not in self._indexes:
            index = await self._charts.fetch_index(source)
            self._indexes[url] = index.rows if index else IndexRows(())
        return self._indexes[url]

    async def _with(
        self, archive: bytes, node: ChartNode, steps: Sequence[Step], added: Mapping[str, bytes]
    ) -> bytes:
        """The chart with the added ones in charts/. One of the same name that does not fit makes way, as
        with Helm, unless another dependency has taken it."""
        kept = {step.chart.path for step in steps if isinstance(step, Brought)}
        replaced = {step.dependency.name for step in steps if not isinstance(step, Brought)}
        gone = [each.path for each in node.charts if each.name in replaced and each.path not in kept]
        files = await self._renderer.unpack(archive)
        left = {
            name: content
            for name, content in files.items()
            if not any(name == path or name.startswith(f"{path}/") for path in gone)
        }
        return await self._renderer.pack({**left, **added}, node.name)


def _moved(pins: Sequence[Pin], path: tuple[str, ...]) -> list[Pin]:
    """Pins of a chart that was fetched for another place."""
    if not pins:
        return []
    depth = len(pins[0].path) - 1
    return [msgspec.structs.replace(pin, path=(*path, *pin.path[depth:])) for pin in pins]
