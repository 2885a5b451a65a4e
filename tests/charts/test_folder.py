"""Folders: what in them is a chart, and what must not be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.charts.conftest import chart_files, pack, source

from cantata.charts import Charts
from cantata.core.model.market import ChartRow, Source
from cantata.core.repositories.errors import (
    ChartNotInRepository,
    RepositoryAddressInvalid,
    RepositoryAnswerInvalid,
    RepositoryFolderClosed,
    RepositoryUnreachable,
)
from cantata.render import RenderPool


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "charts").mkdir()
    return tmp_path / "charts"


def write_chart(folder: Path, name: str, version: str, files: dict[str, str] | None = None) -> None:
    for path, content in chart_files(name, version, files).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(str(content))


async def listed(charts: Charts, where: Source) -> list[tuple[str, str]]:
    index = await charts.fetch_index(where)
    assert index is not None
    return [(row.name, row.version) for row in index.rows]


async def test_archives_and_folders_here_and_one_folder_down(charts: Charts, root: Path) -> None:
    (root / "db-1.0.0.tgz").write_bytes(pack("db", "1.0.0"))
    (root / "team").mkdir()
    (root / "team" / "db-1.1.0.tgz").write_bytes(pack("db", "1.1.0"))
    write_chart(root / "web", "web", "2.0.0")
    write_chart(root / "team" / "cart", "cart", "3.0.0")
    (root / "index.yaml").write_text("of another tool")
    (root / "README.md").write_text("read me")
    assert await listed(charts, source(str(root))) == [
        ("cart", "3.0.0"),
        ("db", "1.1.0"),
        ("db", "1.0.0"),
        ("web", "2.0.0"),
    ]
    assert await listed(charts, source(str(root / "web"))) == [("web", "2.0.0")]


async def test_a_chart_folder_is_packed_without_what_helm_ignores(
    charts: Charts, pool: RenderPool, root: Path
) -> None:
    ignoring = {".helmignore": "drafts/\n*.bak\n", "drafts/secret": "x", "a.bak": "x", "notes/b": "x"}
    write_chart(root / "web", "web", "2.0.0", ignoring)
    pulled = await charts.pull(source(str(root)), ChartRow("web", "2.0.0"))
    files = await pool.unpack(pulled.archive)
    assert sorted(files) == [".helmignore", "Chart.yaml", "notes/b", "templates/config.yaml"]
    index = await charts.fetch_index(source(str(root)))
    assert index is not None
    assert next(iter(index.rows)).digest == pulled.digest


async def test_a_file_that_changes_is_noticed(charts: Charts, root: Path) -> None:
    write_chart(root / "web", "web", "2.0.0")
    first = await charts.fetch_index(source(str(root)))
    assert first is not None
    assert await charts.fetch_index(source(str(root)), first.mark) is None
    (root / "web" / "values.yaml").write_text("a: 1\n")
    assert await charts.fetch_index(source(str(root)), first.mark) is not None


async def test_links_are_not_followed(charts: Charts, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write_chart(outside, "secret", "1.0.0")
    (tmp_path / "secret.tgz").write_bytes(pack("secret", "1.0.0"))
    (root / "folder").symlink_to(outside)
    (root / "archive.tgz").symlink_to(tmp_path / "secret.tgz")
    write_chart(root / "web", "web", "2.0.0")
    (root / "web" / "templates" / "leak.yaml").symlink_to(tmp_path / "secret.tgz")
    assert await listed(charts, source(str(root))) == [("web", "2.0.0")]
    for place in ("archive.tgz", "folder", "../outside", "../secret.tgz"):
        with pytest.raises(ChartNotInRepository):
            await charts.pull(source(str(root)), ChartRow("secret", "1.0.0", urls=(place,)))
    assert b"secret" not in (await charts.pull(source(str(root)), ChartRow("web", "2.0.0"))).archive


async def test_only_folders_that_the_server_may_read(pool: RenderPool, root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / "way-out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "charts-more").mkdir()
    charts = Charts(pool, folders=[root])
    for path in ("/etc", str(tmp_path), str(root / "way-out"), f"{root}/../elsewhere", f"{root}-more"):
        with pytest.raises((RepositoryFolderClosed, RepositoryAddressInvalid)):
            await charts.fetch_index(source(path))
        with pytest.raises((RepositoryFolderClosed, RepositoryAddressInvalid)):
            await charts.publish(source(path), pack("db", "1.0.0"), ChartRow("db", "1.0.0"))
    with pytest.raises(RepositoryUnreachable):
        await charts.fetch_index(source(str(root / "missing")))


async def test_what_is_no_chart_is_told_and_does_not_hide_the_others(charts: Charts, root: Path) -> None:
    (root / "broken.tgz").write_bytes(b"no archive")
    (root / "empty").mkdir()
    (root / "empty" / "Chart.yaml").write_text("name: [")
    (root / "nameless").mkdir()
    (root / "nameless" / "Chart.yaml").write_text("description: none\n")
    (root / "db-1.0.0.tgz").write_bytes(pack("db", "1.0.0"))
    index = await charts.fetch_index(source(str(root)))
    assert index is not None
    assert [row.name for row in index.rows] == ["db"]
    assert [line.split(":")[0] for line in index.rows.skipped] == ["broken.tgz", "empty", "nameless"]


async def test_a_name_cannot_lead_out_of_the_folder(charts: Charts, root: Path) -> None:
    for name, version in (("../db", "1.0.0"), ("db", "../1.0.0"), ("db", "1/../../x"), ("", "1")):
        with pytest.raises((ChartNotInRepository, RepositoryAnswerInvalid)):
            await charts.publish(source(str(root)), pack("db", "1.0.0"), ChartRow(name, version))
    assert await listed(charts, source(str(root))) == []
