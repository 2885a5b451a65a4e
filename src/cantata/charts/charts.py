"""The three kinds of repositories behind one port."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from cantata.charts import http_repository
from cantata.charts.door import Door, unreachable
from cantata.charts.folder_repository import FolderRepository, chart_metadata
from cantata.charts.limits import Limits
from cantata.charts.oci_repository import OciRepository
from cantata.charts.tokens import Tokens
from cantata.core.model.market import ChartRow, IndexMark, Published, PulledChart, RepositoryKind, Source
from cantata.core.network.addresses import Network
from cantata.core.repositories.addresses import base_of, check_repository
from cantata.core.repositories.errors import ChartNotInRepository, RepositoryAnswerInvalid, RepositoryReadOnly
from cantata.ports.charts import FetchedIndex
from cantata.ports.renderer import Renderer

NAME = re.compile(r"[A-Za-z0-9][-._A-Za-z0-9]{0,249}")
VERSION = re.compile(r"[-+._A-Za-z0-9]{1,128}")


class Charts:
    """`allowed` are networks that may be called all the same, `folders` those below which repositories may be
    folders, and `read_only` those to which nothing is published then."""

    def __init__(
        self,
        renderer: Renderer,
        *,
        allowed: Sequence[Network] = (),
        folders: Sequence[Path] = (),
        read_only: Sequence[Path] = (),
        limits: Limits | None = None,
    ) -> None:
        self._renderer = renderer
        self._allowed = tuple(allowed)
        self._folders = (*folders, *read_only)
        self._read_only = tuple(read_only)
        self._limits = limits or Limits()
        self._tokens = Tokens()

    async def fetch_index(self, source: Source, mark: IndexMark | None = None) -> FetchedIndex | None:
        match source.repository.kind:
            case RepositoryKind.HTTP:
                async with self._door(source) as door:
                    return await http_repository.fetch_index(door, self._renderer, source, mark)
            case RepositoryKind.OCI:
                async with self._oci(source) as registry:
                    return await registry.fetch_index(mark)
            case RepositoryKind.FOLDER:
                return await self._folder(source).fetch_index(mark)

    async def versions(self, source: Source, chart: str) -> tuple[str, ...]:
        check_name(chart)
        match source.repository.kind:
            case RepositoryKind.HTTP:
                index = await self.fetch_index(source)
                found = tuple(row.version for row in index.rows if row.name == chart) if index else ()
                if not found:
                    raise ChartNotInRepository(
                        f"{source.repository.url} has no chart {chart}", subject=f"chart {chart}"
                    )
                return found
            case RepositoryKind.OCI:
                async with self._oci(source) as registry:
                    return await registry.versions(chart)
            case RepositoryKind.FOLDER:
                return await self._folder(source).versions(chart)

    async def pull(self, source: Source, row: ChartRow) -> PulledChart:
        check_name(row.name)
        match source.repository.kind:
            case RepositoryKind.HTTP:
                async with self._door(source) as door:
                    return await http_repository.pull(door, source, row)
            case RepositoryKind.OCI:
                async with self._oci(source) as registry:
                    return await registry.pull(row)
            case RepositoryKind.FOLDER:
                return await self._folder(source).pull(row)

    async def publish(self, source: Source, archive: bytes, row: ChartRow) -> Published:
        check_name(row.name)
        if not VERSION.fullmatch(row.version):
            raise RepositoryAnswerInvalid(f"{row.version[:80]!r} is no version of a chart", subject="version")
        match source.repository.kind:
            case RepositoryKind.HTTP:
                raise RepositoryReadOnly(
                    f"nothing can be put into {source.repository.name}: an HTTP repository is only read",
                    subject=f"repository {source.repository.name}",
                    hint="Publish to a registry or to a folder.",
                )
            case RepositoryKind.OCI:
                metadata = await chart_metadata(self._renderer, archive, f"chart {row.name}")
                async with self._oci(source) as registry:
                    return await registry.publish(archive, row, msgspec.json.encode(metadata))
            case RepositoryKind.FOLDER:
                if any(Path(source.repository.url).is_relative_to(folder) for folder in self._read_only):
                    raise RepositoryReadOnly(
                        f"nothing can be put into {source.repository.name}: it belongs to Cantata itself",
                        subject=f"repository {source.repository.name}",
                        hint="Publish to a registry or to a folder of your own.",
                    )
                return await self._folder(source).publish(archive, row)

    @asynccontextmanager
    async def _oci(self, source: Source) -> AsyncIterator[OciRepository]:
        async with self._door(source) as door:
            yield OciRepository(door, self._renderer, source, self._tokens)

    @asynccontextmanager
    async def _door(self, source: Source) -> AsyncIterator[Door]:
        check_repository(source.repository, self._allowed)
        host = base_of(source.repository).hostname or ""
        hosts = [host] if source.configured else []
        opening = Door.open(hosts, self._allowed, self._limits, source.repository.ca_text)
        try:
            async with asyncio.timeout(self._limits.conversation), opening as door:
                yield door
        except TimeoutError as error:
            raise unreachable(source.repository.url, "it takes too long") from error

    def _folder(self, source: Source) -> FolderRepository:
        check_repository(source.repository)
        return FolderRepository(self._renderer, source, self._limits, self._folders)


def check_name(chart: str) -> None:
    """A name becomes part of paths. Raises `ChartNotInRepository`: no chart can have that name."""
    if not NAME.fullmatch(chart):
        raise ChartNotInRepository(f"{chart[:80]!r} is no name of a chart", subject="chart")
