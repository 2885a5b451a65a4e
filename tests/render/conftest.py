"""Real workers, charts packed on the fly, and the real `helm` command beside them."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import Capabilities, LoadedChart, Release, Rendered, RenderInputs
from cantata.render import RenderPool, build_worker
from cantata.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]

Pack = Callable[[Mapping[str, str]], bytes]


@pytest.fixture(scope="session")
def worker_program() -> Path:
    """The program of the render worker, built when its sources changed."""
    return build_worker(print)


@pytest.fixture
async def pool(worker_program: Path) -> AsyncIterator[RenderPool]:
    async with RenderPool(worker_program) as pool:
        yield pool


@pytest.fixture(scope="session")
def helm() -> Path:
    """The `helm` command of the engine's version, out of the sandbox's program."""
    return Sandbox().tool("helm")


@pytest.fixture(scope="session")
def own_charts() -> Path:
    """Charts that each show one thing; `values/<chart>/*.yaml` beside them are cases."""
    return ROOT / "renderer" / "testdata"


@pytest.fixture(scope="session")
def public_charts() -> list[Path]:
    """Archives of charts that people use. Their folder is not part of this repository."""
    folder = Path(os.environ.get("CANTATA_TEST_DATA", ROOT.parent / "shared" / "data")) / "charts"
    if not folder.is_dir():
        pytest.skip(f"no public charts in {folder}; set CANTATA_TEST_DATA to the folder that has them")
    return sorted(folder.glob("*.tgz"))


@pytest.fixture(scope="session")
def pack() -> Pack:
    """Makes a chart archive from files by path; a missing Chart.yaml is added."""

    def pack_files(files: Mapping[str, str]) -> bytes:
        head = {"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n"}
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for path, text in {**head, **files}.items():
                member = tarfile.TarInfo(f"shop/{path}")
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        return buffer.getvalue()

    return pack_files


@pytest.fixture(scope="session")
def pack_folder(pack: Pack) -> Callable[[Path], bytes]:
    """Makes a chart archive from a folder."""

    def pack_it(folder: Path) -> bytes:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return pack({str(path.relative_to(folder)): path.read_text() for path in files})

    return pack_it


class Rendering:
    """A chart that was loaded, to be rendered with one thing changed at a time."""

    def __init__(self, pool: RenderPool, archive: bytes, chart: LoadedChart) -> None:
        self.pool, self.archive, self.chart = pool, archive, chart
        self.fetches = 0

    async def fetch(self) -> bytes:
        self.fetches += 1
        return self.archive

    async def render(
        self, values: object = None, *, only: Sequence[str] | None = None, **inputs: Any
    ) -> Rendered:
        fixed = {"release": Release("rel", "space"), "capabilities": Capabilities("")}
        raw = isinstance(values, msgspec.Raw)
        given = values if raw else msgspec.Raw(msgspec.json.encode(values or {}))
        chosen = {**fixed, "values": given, **inputs}
        return await self.pool.render(RenderInputs(chart=self.chart.digest, **chosen), self.fetch, only=only)


@pytest.fixture
def loaded(pool: RenderPool) -> Callable[[bytes], Any]:
    """Loads an archive: `rendering = await loaded(archive)`."""

    async def load(archive: bytes) -> Rendering:
        return Rendering(pool, archive, await pool.load(archive))

    return load
