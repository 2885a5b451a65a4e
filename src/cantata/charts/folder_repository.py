"""A folder as a repository: its charts are opened by the renderer, as those of anybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from cantata.charts.folder import (
    Found,
    find_charts,
    lock_folder,
    open_folder,
    read_archive,
    read_files,
    write_archive,
    write_index,
)
from cantata.charts.limits import Limits
from cantata.charts.oci_repository import digest_of
from cantata.core.model.market import ChartRow, IndexMark, IndexRows, Published, PulledChart, Source
from cantata.core.repositories.errors import ChartDigestWrong, ChartNotInRepository, RepositoryAnswerInvalid
from cantata.core.repositories.metadata import row_of
from cantata.errors import CantataError
from cantata.ports.charts import FetchedIndex
from cantata.ports.renderer import Renderer

CHART_FILE = "Chart.yaml"


class FolderRepository:
    def __init__(self, renderer: Renderer, source: Source, limits: Limits, roots: Sequence[Path]) -> None:
        self._renderer = renderer
        self._path = source.repository.url
        self._limits = limits
        self._roots = roots

    async def fetch_index(self, mark: IndexMark | None) -> FetchedIndex | None:
        root = await self._open()
        found, sum_ = await asyncio.to_thread(find_charts, root)
        fresh = IndexMark(etag=sum_)
        if mark == fresh:
            return None
        rows, skipped = await self._rows(root, found)
        names = sorted({row.name for row in rows})
        ordered: list[msgspec.Raw] = []
        for name in names:
            mine = {row.version: row for row in reversed(rows) if row.name == name}
            for version in await self._renderer.fitting_versions("", list(mine)):
                ordered.append(msgspec.Raw(msgspec.json.encode(mine[version])))
        return FetchedIndex(IndexRows(tuple(ordered), tuple(skipped)), fresh)

    async def _rows(self, root: Path, found: list[Found]) -> tuple[list[ChartRow], list[str]]:
        rows: list[ChartRow] = []
        skipped: list[str] = []
        for each in found[: self._limits.charts]:
            try:
                rows.append(await self._row(root, each))
            except CantataError as error:
                skipped.append(f"{each.path}: {error}"[:300])
        if len(found) > self._limits.charts:
            skipped.append(f"{len(found) - self._limits.charts} charts more than are read")
        return rows, skipped[:20]

    async def _row(self, root: Path, found: Found) -> ChartRow:
        archive = await self._archive(root, found)
        metadata = await chart_metadata(self._renderer, archive, found.path)
        row = row_of(metadata, digest=digest_of(archive), urls=(found.path or ".",))
        if not row.name or not row.version:
            raise RepositoryAnswerInvalid("Chart.yaml has no name or no version", subject=found.path)
        return row

    async def _archive(self, root: Path, found: Found) -> bytes:
        if found.packed:
            return await asyncio.to_thread(read_archive, root, found, self._limits)
        files = await asyncio.to_thread(read_files, root, found, self._limits)
        metadata = await parse_metadata(self._renderer, files, found.path)
        return await self._renderer.pack(files, str(metadata.get("name") or "chart"))

    async def versions(self, chart: str) -> tuple[str, ...]:
        index = await self.fetch_index(None)
        mine = [row.version for row in index.rows if row.name == chart] if index else []
        if not mine:
            raise ChartNotInRepository(f"{self._path} has no chart {chart}", subject=f"chart {chart}")
        return tuple(mine)

    async def pull(self, row: ChartRow) -> PulledChart:
        """By the row's path where it has one, else by looking at all of them."""
        root = await self._open()
        subject = f"chart {row.name} {row.version}"
        found, _ = await asyncio.to_thread(find_charts, root)
        places = [each for each in found if (each.path or ".") in row.urls] or found
        for each in places:
            try:
                archive = await self._archive(root, each)
                metadata = row_of(await chart_metadata(self._renderer, archive, each.path))
            except CantataError:
                continue
            if (metadata.name, metadata.version) != (row.name, row.version):
                continue
            digest = digest_of(archive)
            if row.digest and row.digest != digest:
                raise ChartDigestWrong(
                    f"{subject} is not what was announced: its digest is {digest}, not {row.digest}",
                    subject=subject,
                    hint="Refresh the repository; if that does not help, somebody replaced the archive.",
                )
            return PulledChart(row.name, row.version, archive, digest, str(root / each.path))
        raise ChartNotInRepository(
            f"{self._path} has no {subject}", subject=subject, hint="Refresh the repository."
        )

    async def publish(self, archive: bytes, row: ChartRow) -> Published:
        """Its index.yaml is written anew, so that any web server makes a repository of the folder."""
        root = await self._open()
        target = await asyncio.to_thread(write_archive, root, f"{row.name}-{row.version}.tgz", archive)
        lock = await asyncio.to_thread(lock_folder, root)
        try:
            await asyncio.to_thread(write_index, root, await self._index(root))
        finally:
            lock.close()
        return Published(str(target), digest_of(archive))

    async def _index(self, root: Path) -> bytes:
        """Of the archives, as `helm repo index` makes it, in JSON, which is YAML. What cannot be read is left
        out."""
        found, _ = await asyncio.to_thread(find_charts, root)
        entries: dict[str, list[dict[str, Any]]] = {}
        for each in found:
            if not each.packed:
                continue
            try:
                archive = await self._archive(root, each)
                metadata = await chart_metadata(self._renderer, archive, each.path)
            except CantataError:
                continue
            at = datetime.fromtimestamp((root / each.path).lstat().st_mtime, UTC)
            digest = digest_of(archive).removeprefix("sha256:")
            more = {"created": at.isoformat(), "digest": digest, "urls": [each.path]}
            entries.setdefault(str(metadata.get("name", "")), []).append({**metadata, **more})
        index = {"apiVersion": "v1", "entries": entries, "generated": datetime.now(UTC).isoformat()}
        return msgspec.json.encode(index)

    async def _open(self) -> Path:
        return await asyncio.to_thread(open_folder, self._path, self._roots)


async def chart_metadata(renderer: Renderer, archive: bytes, subject: str) -> dict[str, Any]:
    """Chart.yaml of an archive. Raises `ChartInvalid`, `RepositoryAnswerInvalid`."""
    files = await renderer.unpack(archive, only=[CHART_FILE], subject=subject)
    return await parse_metadata(renderer, files, subject)


async def parse_metadata(renderer: Renderer, files: dict[str, bytes], subject: str) -> dict[str, Any]:
    try:
        documents = await renderer.parse_yaml(files[CHART_FILE].decode(), file=CHART_FILE)
        return msgspec.json.decode(documents[0].value, type=dict[str, Any])
    except (KeyError, IndexError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise RepositoryAnswerInvalid(
            f"{subject or 'the folder'} has no Chart.yaml", subject=subject
        ) from error
