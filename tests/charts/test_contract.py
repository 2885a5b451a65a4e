"""What holds for repositories of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.charts.conftest import digest, pack, source
from tests.charts.registries import RunningRegistry
from tests.charts.servers import Repository, serving

from cantata.charts import Charts
from cantata.core.model.market import ChartRow, Source
from cantata.core.repositories.errors import (
    ChartAlreadyPublished,
    ChartDigestWrong,
    ChartNotInRepository,
    RepositoryReadOnly,
)

MORE = "appVersion: '7.1'\nkeywords: [store]\nannotations: {licenses: MIT}\nmaintainers: [{name: Ada}]\n"


@dataclass
class Filled:
    """A repository, and how a chart gets into it."""

    source: Source
    put: Callable[[str, str, bytes], Awaitable[None]]
    writable: bool = True
    index: list[str] = field(default_factory=list)


@pytest.fixture(params=["http", "oci", "folder"])
async def filled(
    request: pytest.FixtureRequest, charts: Charts, registry: RunningRegistry, tmp_path: Path
) -> AsyncIterator[Filled]:
    async with AsyncExitStack() as stack:
        yield await MAKERS[request.param](charts, registry, tmp_path, request.node.name, stack)


async def _http(
    _charts: Charts, _registry: RunningRegistry, _path: Path, _name: str, stack: AsyncExitStack
) -> Filled:
    repository = Repository()
    url = await stack.enter_async_context(serving(repository.routes))
    lines: list[str] = []

    async def put(name: str, version: str, archive: bytes) -> None:
        path = f"/{name}-{version}.tgz"
        repository.files[path] = archive
        # Newest last, relative and absolute addresses in turn.
        place = path[1:] if len(lines) % 2 else f"{url}{path}"
        lines.append(
            f"  - {{name: {name}, version: {version}, urls: ['{place}'], appVersion: '7.1',\n"
            f"     keywords: [store], maintainers: [{{name: Ada}}], annotations: {{licenses: MIT}},\n"
            f"     description: What {name} does, digest: {digest(archive).removeprefix('sha256:')}}}\n"
        )
        text = "".join(lines)
        repository.files["/index.yaml"] = f"apiVersion: v1\nentries:\n  {name}:\n{text}".encode()

    return Filled(source(url), put, writable=False)


async def _oci(
    charts: Charts, registry: RunningRegistry, _path: Path, name: str, _stack: AsyncExitStack
) -> Filled:
    folder = name.replace("[", "-").replace("]", "").replace("_", "-")
    where = source(f"oci://{registry.host}/{folder}")

    async def put(name: str, version: str, archive: bytes) -> None:
        await charts.publish(where, archive, ChartRow(name, version))

    return Filled(where, put)


async def _folder(
    _charts: Charts, _registry: RunningRegistry, path: Path, _name: str, _stack: AsyncExitStack
) -> Filled:
    root = path / "charts"
    root.mkdir()

    async def put(name: str, version: str, archive: bytes) -> None:
        (root / f"{name}-{version}.tgz").write_bytes(archive)

    return Filled(source(str(root)), put)


MAKERS = {"http": _http, "oci": _oci, "folder": _folder}


async def fill(filled: Filled) -> dict[str, bytes]:
    packed = {version: pack("db", version, more=MORE) for version in ("1.9.0", "1.10.0", "2.0.0-rc.1")}
    for version, archive in packed.items():
        await filled.put("db", version, archive)
    return packed


async def test_a_repository_lists_what_it_has_newest_first(charts: Charts, filled: Filled) -> None:
    packed = await fill(filled)
    index = await charts.fetch_index(filled.source)
    assert index is not None
    rows = list(index.rows)
    assert [(row.name, row.version) for row in rows] == [
        ("db", "2.0.0-rc.1"),
        ("db", "1.10.0"),
        ("db", "1.9.0"),
    ]
    newest = rows[0]
    assert (newest.app_version, newest.keywords, newest.licence) == ("7.1", ("store",), "MIT")
    assert (newest.description, newest.digest) == ("What db does", digest(packed["2.0.0-rc.1"]))
    assert [each.name for each in newest.maintainers] == ["Ada"]
    assert await charts.versions(filled.source, "db") == ("2.0.0-rc.1", "1.10.0", "1.9.0")


async def test_nothing_comes_twice_while_nothing_changes(charts: Charts, filled: Filled) -> None:
    await fill(filled)
    first = await charts.fetch_index(filled.source)
    assert first is not None
    assert await charts.fetch_index(filled.source, first.mark) is None
    await filled.put("db", "3.0.0", pack("db", "3.0.0"))
    second = await charts.fetch_index(filled.source, first.mark)
    assert second is not None
    assert len(second.rows) == 4


async def test_every_listed_version_can_be_pulled(charts: Charts, filled: Filled) -> None:
    packed = await fill(filled)
    index = await charts.fetch_index(filled.source)
    assert index is not None
    for row in index.rows:
        pulled = await charts.pull(filled.source, row)
        assert (pulled.archive, pulled.digest) == (packed[row.version], digest(packed[row.version]))
        assert pulled.origin.endswith(row.urls[0].rsplit("/", 1)[-1])


async def test_another_archive_than_the_announced_one_is_refused(charts: Charts, filled: Filled) -> None:
    await fill(filled)
    index = await charts.fetch_index(filled.source)
    assert index is not None
    row = list(index.rows)[1]
    wrong = ChartRow(row.name, row.version, digest=digest(b"another"), urls=row.urls)
    with pytest.raises(ChartDigestWrong, match=r"db 1\.10\.0 is not what was announced"):
        await charts.pull(filled.source, wrong)


async def test_what_is_not_there_is_told(charts: Charts, filled: Filled) -> None:
    await fill(filled)
    for missing in (ChartRow("db", "9.9.9", urls=("db-9.9.9.tgz",)), ChartRow("../db", "1.9.0")):
        with pytest.raises(ChartNotInRepository):
            await charts.pull(filled.source, missing)
    with pytest.raises(ChartNotInRepository):
        await charts.versions(filled.source, "cache")


async def test_a_version_is_published_once(charts: Charts, filled: Filled) -> None:
    archive = pack("web", "1.0.0+build.1", more=MORE)
    row = ChartRow("web", "1.0.0+build.1")
    if not filled.writable:
        with pytest.raises(RepositoryReadOnly):
            await charts.publish(filled.source, archive, row)
        return
    published = await charts.publish(filled.source, archive, row)
    assert published.digest == digest(archive)
    assert await charts.publish(filled.source, archive, row) == published
    with pytest.raises(ChartAlreadyPublished):
        await charts.publish(filled.source, pack("web", "1.0.0+build.1"), row)
    assert (await charts.pull(filled.source, row)).archive == archive
    index = await charts.fetch_index(filled.source)
    assert index is not None
    assert [(each.name, each.version, each.app_version) for each in index.rows] == [
        ("web", "1.0.0+build.1", "7.1")
    ]
