"""Renders of our pool beside `helm template` started anew for each, and the import of a chart of 1 MB:
`python -m bench.renders`.

The charts are the examples, and the public ones in the folder that CANTATA_TEST_DATA names.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.archive import pack
from bench.verdicts import Verdict, told
from cantata.cli.chart_archive import read_chart
from cantata.core.model.charts import Capabilities, Release, RenderInputs
from cantata.render import RenderPool
from cantata.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
TIMES = 9
RATIO = 20.0
IMPORT_BYTES = 1_000_000
IMPORT_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Row:
    """Median seconds of one render."""

    chart: str
    pool: float
    helm: float

    @property
    def ratio(self) -> float:
        return self.helm / self.pool


def charts() -> list[Path]:
    public = Path(os.environ.get("CANTATA_TEST_DATA", ROOT.parent / "shared" / "data")) / "charts"
    examples = [path.parent for path in sorted((ROOT / "examples").glob("*/Chart.yaml"))]
    return [*examples, *sorted(public.glob("*.tgz"))]


async def measure() -> tuple[list[Row], float]:
    helm = Sandbox().tool("helm")
    async with await RenderPool.start() as pool:
        rows = [await _row(pool, helm, path) for path in charts()]
        large = _large_chart()
        loads = [await _timed(lambda: pool.load(large)) for _ in range(TIMES)]
    return rows, statistics.median(loads)


async def _row(pool: RenderPool, helm: Path, path: Path) -> Row:
    archive = read_chart(path)
    loaded = await pool.load(archive)

    async def fetch() -> bytes:
        return archive

    inputs = RenderInputs(loaded.digest, Release("bench", "bench"), Capabilities(""))

    async def spawn(home: str) -> None:
        words = ("template", "bench", path, "--namespace", "bench")
        environment = {"HOME": home, "KUBECONFIG": os.devnull}
        process = await asyncio.create_subprocess_exec(
            helm, *words, env=environment, stdout=subprocess.DEVNULL
        )
        if await process.wait():
            raise SystemExit(f"helm cannot render {path.name}")

    await pool.render(inputs, fetch)
    ours = [await _timed(lambda: pool.render(inputs, fetch)) for _ in range(TIMES)]
    with tempfile.TemporaryDirectory(prefix="cantata-bench-") as home:
        theirs = [await _timed(lambda: spawn(home)) for _ in range(TIMES)]
    return Row(path.name, statistics.median(ours), statistics.median(theirs))


def _large_chart() -> bytes:
    """An archive of 1 MB: templates, and a file of what does not compress."""
    templates = {
        f"templates/map{number}.yaml": f"kind: ConfigMap\napiVersion: v1\nmetadata: {{ name: map{number} }}\n"
        for number in range(100)
    }
    noise = Random(1).randbytes(IMPORT_BYTES).hex()[: IMPORT_BYTES * 2 - 40_000]
    head = {"Chart.yaml": "apiVersion: v2\nname: large\nversion: 1.0.0\n", "values.yaml": "a: 1\n"}
    return pack("large", {**head, **templates, "files/noise.txt": noise})


async def _timed(act: Callable[[], Awaitable[object]]) -> float:
    began = time.monotonic()
    await act()
    return time.monotonic() - began


def report() -> dict[str, object]:
    rows, load = asyncio.run(measure())
    print("renders by the pool beside `helm template`")
    for row in rows:
        print(
            f"  {row.chart:<40} {row.pool * 1000:7.1f} ms {row.helm * 1000:7.1f} ms {row.ratio:6.1f} ×",
            flush=True,
        )
    middle = statistics.median(row.ratio for row in rows)
    print(f"  the middle ratio is {middle:.1f} × (at least {RATIO:g})")
    verdicts = told(
        (
            Verdict("a render, as a part of `helm template`, median", 100 / middle, 100 / RATIO, "%"),
            Verdict("a chart of 1 MB opened", load, IMPORT_SECONDS),
        )
    )
    return {
        "renders": [{"chart": row.chart, "pool": row.pool, "helm": row.helm} for row in rows],
        "load": load,
        "budgets": verdicts,
    }


if __name__ == "__main__":
    report()
