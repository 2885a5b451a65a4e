"""All example charts on one cluster at the same time, as they are: each becomes ready, in its order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage

from cantata.client import Client
from cantata.contract.applications import ApplicationDraft

pytestmark = pytest.mark.sandbox

EXAMPLES = Path(__file__).parents[2] / "examples"
VALUES = {"web-app": "public", "postgres": "backup", "worker": "busy", "static-site": "public"}
"""Each chart comes with its defaults; these come with further values, too."""


async def test_all_examples_become_ready_at_once(
    client: Client, command: Command, kubectl: Kubectl, namespace: str
) -> None:
    charts = sorted(path.parent for path in EXAMPLES.glob("*/Chart.yaml") if path.parent.name != "shop")
    for chart in charts:
        done = command.run("template", "import", f"{namespace}-{chart.name}", str(chart))
        assert done.returncode == 0, done.stderr
        assert "findings" not in done.stdout or "warning" not in done.stdout, done.stdout
    stages = [Stage(client, f"{namespace}-{chart.name}") for chart in charts]
    stages += [Stage(client, f"{namespace}-{name}-more") for name in VALUES]
    for stage in stages:
        name = stage.name.removeprefix(f"{namespace}-").removesuffix("-more")
        file = EXAMPLES / name / "ci" / f"{VALUES.get(name)}.yaml"
        await client.configs.create(stage.name, file.read_text() if stage.name.endswith("-more") else "{}\n")
        await client.applications.create(
            ApplicationDraft(
                name=stage.name,
                template=f"{namespace}-{name}",
                config=stage.name,
                create_namespace=True,
            )
        )
    for operation in await asyncio.gather(*(stage.deploy() for stage in stages)):
        assert operation is not None
        assert operation.state == "succeeded", operation
    for stage in stages:
        status = await stage.status()
        assert {service.state for service in status.services} == {"ready"}, status
        assert await stage.deploy() is None

    site = kubectl.items("pods", "-n", f"{namespace}-static-site")[0]["spec"]["containers"][0]
    assert "/usr/share/nginx/html/index.html" in [each["mountPath"] for each in site["volumeMounts"]]
    web = kubectl.items("pods", "-n", f"{namespace}-web-app")[0]["spec"]["containers"][0]
    assert "SETTINGS_LOG_LEVEL" in [each["name"] for each in web["env"]]
    secrets = kubectl.items("secrets", "-n", f"{namespace}-full-stack")
    assert len([each for each in secrets if "password" in each.get("data", {})]) == 1
