"""Charts in OCI registries, as `helm push` and `helm pull` keep them there."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from cantata.charts.door import Door
from cantata.charts.registry import Registry
from cantata.charts.tokens import Tokens
from cantata.core.model.market import ChartRow, IndexMark, IndexRows, Published, PulledChart, Source
from cantata.core.repositories.addresses import base_of
from cantata.core.repositories.errors import (
    ChartAlreadyPublished,
    ChartDigestWrong,
    ChartNotInRepository,
    NotAChart,
    RepositoryAnswerInvalid,
    RepositoryLoginRefused,
)
from cantata.core.repositories.metadata import row_of
from cantata.core.repositories.registries import (
    CONFIG,
    LAYER,
    TAG,
    Descriptor,
    annotations_of,
    chart_layer,
    manifest_of,
    provenance_layer,
    tag_of,
    version_of,
)
from cantata.ports.charts import FetchedIndex
from cantata.ports.renderer import Renderer

T = TypeVar("T")
TEXT_BYTES = 256 * 1024
AT_ONCE = 8
TOLD = 20
PINNED = re.compile(r"@(sha256:[0-9a-f]{64})$")
"""Behind the address of a chart: the digest of its manifest, in the place of a tag."""


class OciRepository:
    def __init__(self, door: Door, renderer: Renderer, source: Source, tokens: Tokens) -> None:
        self._renderer = renderer
        self._source = source
        self._limits = door.limits
        self._registry = Registry(door, source, tokens)
        self._folder = base_of(source.repository).path.strip("/")

    async def fetch_index(self, mark: IndexMark | None) -> FetchedIndex | None:
        """The tags of all charts, and of the newest version of each what its Chart.yaml says. A registry has
        no mark of its own, so ours is over the tags."""
        skipped: list[str] = []
        tagged = await self._tagged(skipped)
        sum_ = hashlib.sha256(msgspec.json.encode(tagged, order="deterministic")).hexdigest()
        fresh = IndexMark(etag=sum_)
        if mark == fresh:
            return None
        found = await together(
            [partial(self._rows, name, tags, skipped) for name, tags in sorted(tagged.items())]
        )
        rows = sorted((each for each in found if each), key=lambda each: each[0].name)
        encoded = tuple(msgspec.Raw(msgspec.json.encode(row)) for each in rows for row in each)
        return FetchedIndex(IndexRows(encoded, tuple(skipped[:TOLD])), fresh)

    async def _tagged(self, skipped: list[str]) -> dict[str, list[str]]:
        """The tags of each chart, by its path. Of two charts with the same name the one with the shorter path
        is taken."""
        names: dict[str, str] = {}
        for path in sorted(await self._charts(), key=lambda path: (path.count("/"), path)):
            if names.setdefault(path.rsplit("/", 1)[-1], path) != path:
                skipped.append(f"{path}: another chart has this name; add its folder by itself")
        missing: list[ChartNotInRepository] = []

        async def ask(path: str) -> tuple[str, list[str]]:
            try:
                return path, await self._registry.tags(path)
            except ChartNotInRepository as error:
                missing.append(error)
                skipped.append(f"{path}: {error}"[:300])
                return path, []

        tagged = dict(await together([partial(ask, path) for path in names.values()]))
        if missing and len(missing) == len(names):
            raise missing[0]
        return tagged

    async def _rows(self, path: str, tags: list[str], skipped: list[str]) -> list[ChartRow]:
        versions = await self._renderer.fitting_versions("", [version_of(tag) for tag in tags])
        name = path.rsplit("/", 1)[-1]
        rows = [ChartRow(name, version, urls=(self._shown(path, version),)) for version in versions]
        if not rows:
            return []
        try:
            return [await self._described(path, rows[0]), *rows[1:]]
        except NotAChart as error:
            skipped.append(str(error)[:300])
            return []
        except (ChartNotInRepository, ChartDigestWrong, RepositoryAnswerInvalid) as error:
            skipped.append(f"{path} {versions[0]}: {error}"[:300])
            return rows

    async def _charts(self) -> list[str]:
        """The paths of the charts in the registry: those that were named, the one that the address names, or
        what the registry tells of."""
        named = self._source.repository.charts
        if named:
            return [self._path(name) for name in named]
        if self._folder and await self._is_chart(self._folder):
            return [self._folder]
        try:
            listed = await self._registry.catalog()
        except RepositoryLoginRefused as error:
            error.hint = f"{error.hint} Or name the charts when the repository is added."
            raise
        except (ChartNotInRepository, RepositoryAnswerInvalid) as error:
            raise RepositoryAnswerInvalid(
                f"{self._registry.host} does not tell what charts it has",
                subject="charts",
                hint="Name the charts when the repository is added.",
            ) from error
        inside = f"{self._folder}/" if self._folder else ""
        return [name for name in listed if name.startswith(inside)][: self._limits.charts]

    async def _is_chart(self, name: str) -> bool:
        try:
            return bool(await self._registry.tags(name))
        except (ChartNotInRepository, RepositoryLoginRefused):  # Some say the one, some the other.
            return False

    async def _described(self, path: str, row: ChartRow) -> ChartRow:
        subject = f"{path}:{row.version}"
        manifest, _ = await self._registry.manifest(path, tag_of(row.version))
        layer = chart_layer(manifest, subject)
        if manifest.config is None or manifest.config.media_type != CONFIG:
            raise NotAChart(f"{subject} is no Helm chart: it has no Chart.yaml", subject=subject)
        config = await self._registry.blob(path, manifest.config, TEXT_BYTES)
        try:
            metadata = msgspec.json.decode(config, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise RepositoryAnswerInvalid(f"the Chart.yaml of {subject} is none", subject=subject) from error
        created = (manifest.annotations or {}).get("org.opencontainers.image.created", "")
        described = row_of(metadata, digest=layer.digest, created=created, urls=row.urls)
        return msgspec.structs.replace(described, name=row.name, version=row.version)

    async def versions(self, chart: str) -> tuple[str, ...]:
        tags = await self._registry.tags(await self._find(chart))
        return await self._renderer.fitting_versions("", [version_of(tag) for tag in tags])

    async def pull(self, row: ChartRow) -> PulledChart:
        name = await self._find(row.name, row.urls)
        pinned = next((found[1] for url in row.urls if (found := PINNED.search(url))), "")
        subject = f"chart {row.name} {row.version or pinned}"
        tag = pinned or tag_of(row.version)
        if not pinned and not TAG.fullmatch(tag):
            raise ChartNotInRepository(
                f"{row.version[:80]!r} can be no version in a registry", subject=subject
            )
        manifest, digest = await self._registry.manifest(name, tag)
        layer = chart_layer(manifest, f"{name}:{tag}")
        if row.digest and row.digest != layer.digest:
            raise ChartDigestWrong(
                f"{subject} is not what was announced: its digest is {layer.digest}, not {row.digest}",
                subject=subject,
                hint="Refresh the repository; if that does not help, somebody moved the tag.",
            )
        archive = await self._registry.blob(name, layer, self._limits.archive_bytes)
        signed = provenance_layer(manifest, f"{name}:{tag}")
        provenance = await self._registry.blob(name, signed, TEXT_BYTES) if signed else b""
        return PulledChart(
            row.name,
            row.version,
            archive,
            layer.digest,
            f"oci://{self._registry.host}/{name}@{pinned}" if pinned else self._shown(name, row.version),
            provenance.decode(errors="replace"),
            digest,
            await self._registry.signatures(name, digest),
        )

    async def publish(self, archive: bytes, row: ChartRow, metadata: bytes) -> Published:
        """`metadata` is Chart.yaml as JSON, which becomes the config as with `helm push`."""
        name, tag = self._path(row.name), tag_of(row.version)
        subject = f"chart {row.name} {row.version}"
        layer = Descriptor(digest_of(archive), len(archive), LAYER)
        try:
            there, there_digest = await self._registry.manifest(name, tag)
        except ChartNotInRepository:
            pass
        else:
            if chart_layer(there, subject).digest == layer.digest:
                return Published(self._shown(name, row.version), layer.digest, there_digest)
            raise ChartAlreadyPublished(
                f"{subject} is in {self._registry.host}/{name} with other content",
                subject=subject,
                hint="Raise the version in Chart.yaml.",
            )
        config = Descriptor(digest_of(metadata), len(metadata), CONFIG)
        await self._registry.put_blob(name, metadata, config.digest)
        await self._registry.put_blob(name, archive, layer.digest)
        manifest = manifest_of(config, layer, annotations_of(row))
        await self._registry.put_manifest(name, tag, manifest)
        return Published(self._shown(name, row.version), layer.digest, digest_of(manifest))

    def _path(self, chart: str) -> str:
        return f"{self._folder}/{chart}" if self._folder else chart

    async def _find(self, chart: str, urls: tuple[str, ...] = ()) -> str:
        """The path of a chart: where the index says, else in the folder, else the address itself."""
        prefix = f"oci://{self._registry.host}/"
        for url in urls:
            if url.startswith(prefix):
                return PINNED.sub("", url).removeprefix(prefix).partition(":")[0]
        own = self._folder.rsplit("/", 1)[-1] == chart
        return self._folder if own and await self._is_chart(self._folder) else self._path(chart)

    def _shown(self, name: str, version: str) -> str:
        return f"oci://{self._registry.host}/{name}:{tag_of(version)}"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


async def together(asks: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """The answers in the order of what is asked, a few at a time. The first failure ends the others."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(one: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await one()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(one)) for one in asks]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
