"""A key that one of the shop's ten services uses changes this one, whether by command or by policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, chart
from tests.e2e.test_updates import eventually, outdated
from tests.e2e.world import read_world

from cantata.contract.applications import ApplicationDraft
from cantata.contract.configs import Extends
from cantata.contract.states import UpdatePolicy

pytestmark = pytest.mark.sandbox

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"
CONFIG = (SHOP / "configs" / "shop-dev.yaml").read_text()
CHANGED = CONFIG.replace("pageSize: 6", "pageSize: 12")


def shop_files() -> dict[str, str]:
    """The chart of the example, without the configs beside it."""
    files = [path for path in SHOP.rglob("*") if path.is_file() and path.parent.name != "configs"]
    return {str(path.relative_to(SHOP)): path.read_text() for path in files}


async def shop(stage: Stage, updates: UpdatePolicy) -> None:
    """Deployed, with a config that extends another."""
    name, base = stage.name, f"{stage.name}-base"
    await stage.client.templates.import_(name, chart(name, shop_files()))
    await stage.client.configs.create(base, (SHOP / "configs" / "shop-base.yaml").read_text())
    await stage.client.configs.create(name, CONFIG, extends=Extends(base))
    draft = ApplicationDraft(name=name, template=name, config=name, create_namespace=True, updates=updates)
    await stage.client.applications.create(draft)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation.error


@pytest.mark.parametrize("updates", ["manual", "auto"])
async def test_the_other_nine_keep_their_generation(
    updates: UpdatePolicy, stage: Stage, kubectl: Kubectl, command: Command
) -> None:
    await shop(stage, updates)
    before = read_world(kubectl, stage.name)
    assert len(before.generations) == 10
    await stage.client.configs.edit(stage.name, CHANGED)
    if updates == "manual":
        status = await eventually(stage, lambda status: bool(outdated(status)))
        assert outdated(status).keys() == {"catalog"}
        assert read_world(kubectl, stage.name) == before, "only told so far"
        done = command.run("app", "deploy", stage.name, "--outdated")
        assert done.returncode == 0, done.stderr
    await eventually(stage, lambda status: status.revision == 2 and status.state == "ready")
    after = read_world(kubectl, stage.name)
    assert after.rolled_since(before) == {"catalog": 1}
    assert {name for name, seen in after.pods.items() if seen != before.pods[name]} == {"catalog"}
    assert after.pods["catalog"].environment["PAGE_SIZE"] == "12"
