"""The standalone chart of the shop gives, by Helm alone, what Cantata applies."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.render.conftest import ROOT
from tests.render.exporting import export

from cantata.cli.chart_archive import read_chart
from cantata.render import RenderPool

SHOP = ROOT / "examples" / "shop"
CONFIGS = sorted(path for path in (SHOP / "configs").glob("*.yaml") if path.stem != "shop-base")


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
async def test_the_shop_comes_out_the_same(config: Path, pool: RenderPool) -> None:
    exported = await export(pool, read_chart(SHOP), [SHOP / "configs" / "shop-base.yaml", config])
    assert await exported.differences() == []
