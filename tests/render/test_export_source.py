"""A chart that went through a folder, as `template export --to` writes it, is the same chart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.render.conftest import ROOT

from cantata.cli.chart_archive import read_chart
from cantata.cli.exported_files import chart_files, write_folder

FOLDERS = sorted(
    path.parent
    for root in (ROOT / "examples", ROOT / "renderer" / "testdata" / "charts")
    for path in root.glob("*/Chart.yaml")
)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


async def _round_trip(archive: bytes, folder: Path, loaded: Callable[[bytes], Any]) -> None:
    files = chart_files(archive)
    write_folder(folder, files)
    written = _files(folder)
    before, after = await loaded(archive), await loaded(read_chart(folder))
    packed = await before.pool.pack(written, before.chart.name)
    assert (await before.pool.load(packed)).digest == before.chart.digest
    # Some charts were packed with files that their own .helmignore names.
    assert set(after.chart.files) <= set(before.chart.files)
    first = await before.render()
    assert await after.render(tape=first.tape) == first


@pytest.mark.parametrize("chart", FOLDERS, ids=lambda folder: folder.name)
async def test_own_charts(chart: Path, tmp_path: Path, loaded: Callable[[bytes], Any]) -> None:
    await _round_trip(read_chart(chart), tmp_path / "out", loaded)


async def test_public_charts(
    public_charts: list[Path], tmp_path: Path, loaded: Callable[[bytes], Any]
) -> None:
    for chart in public_charts:
        await _round_trip(chart.read_bytes(), tmp_path / chart.stem, loaded)
