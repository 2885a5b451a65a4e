"""The tutorial and the guides do what they say, on the real server and the real control plane."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from tests.docs.walkthrough import find_missing, follow
from tests.e2e.conftest import Kubectl, Server
from tests.e2e.world import World, read_world, watched_rollouts

from cantata.kube import KubeCluster
from cantata.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDES = [page for page in sorted(DOCS.glob("guides/*.md")) if "```console" in page.read_text()]
"""Those that show what comes out; `day-two` needs containers in which commands run."""


def test_a_line_is_found_by_its_pattern() -> None:
    output = "a  ready   1/1\nb  pending\n"
    assert find_missing(["a ready 1/1", "b …"], output) is None
    assert find_missing(["b …", "a …"], output) == "a …", "the order counts"
    assert find_missing(["a ready"], output) == "a ready", "the whole line counts"


@pytest.fixture
def environment(server: Server, sandbox: Sandbox) -> Mapping[str, str]:
    programs = f"{Path(sys.executable).parent}:{sandbox.tool('kubectl').parent}:{os.environ['PATH']}"
    return {**server.environment, "PATH": programs, "KUBECONFIG": str(sandbox.kubeconfig)}


@pytest.mark.sandbox
@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide(page: Path, environment: Mapping[str, str], tmp_path: Path) -> None:
    follow(page, environment, tmp_path)


@pytest.fixture
def demo(environment: Mapping[str, str]) -> str:
    """What of `make demo` the tutorial uses, made as the shop's own page says; gives its namespace."""
    follow(ROOT / "examples" / "shop" / "README.md", environment, ROOT)
    command = "cantata config create shop-staging -f configs/shop-staging.yaml --extends shop-base"
    subprocess.run(shlex.split(command), cwd=ROOT / "examples" / "shop", env=environment, check=True)
    return "shop-dev"


@pytest.mark.sandbox
async def test_the_tutorial(
    demo: str, environment: Mapping[str, str], kubectl: Kubectl, cluster: KubeCluster, tmp_path: Path
) -> None:
    """Each command prints what it says; and in its chapter on configs, the world is as it says, too."""
    worlds: list[World] = [read_world(kubectl, demo)]

    def look(command: str) -> None:
        if command == f"cantata app deploy {demo}":
            worlds.append(read_world(kubectl, demo))

    async with watched_rollouts(cluster, demo) as rollouts:
        await asyncio.to_thread(follow, DOCS / "tutorial.md", environment, tmp_path, look)
    first, changed, rolled_back = worlds
    assert len(first.generations) == 10
    assert changed.rolled_since(first) == rolled_back.rolled_since(changed) == {"orders": 1, "gateway": 1}
    for generation in (2, 3):
        rollouts.assert_ready_before("orders", "gateway", generation)
    assert [timeouts(world) for world in worlds] == [("15", 15), ("30", 30), ("15", 15)]
    assert rolled_back.pods == first.pods
    assert {name for name, seen in changed.pods.items() if seen != first.pods[name]} == {"orders", "gateway"}


def timeouts(world: World) -> tuple[str, int]:
    """The one key of the chapter, as the variable of one service and in the file of the other."""
    routes = yaml.safe_load(world.pods["gateway"].files["/etc/gateway/routes.yaml"])
    return world.pods["orders"].environment["TIMEOUT_SECONDS"], routes["orders"]["timeoutSeconds"]
