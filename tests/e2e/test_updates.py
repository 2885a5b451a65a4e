"""From a change of config to a rollout: told, deployed by one command, or deployed at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from tests.e2e.conftest import DEADLINE, Command, Kubectl, Server, Stage, register
from tests.e2e.faults import own_server
from tests.e2e.test_impact import CONFIG, FILES, generations

from cantata.contract.applications import ApplicationStatusInfo
from cantata.contract.configs import Extends
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


async def eventually(stage: Stage, holds: Callable[[ApplicationStatusInfo], bool]) -> ApplicationStatusInfo:
    async with asyncio.timeout(DEADLINE):
        while True:
            status = await stage.status()
            if holds(status):
                return status
            await asyncio.sleep(0.05)


def outdated(status: ApplicationStatusInfo) -> dict[str, str]:
    return {service.name: service.outdated for service in status.services if service.outdated}


async def test_what_is_outdated_is_told_and_one_command_deploys_exactly_that(
    stage: Stage, kubectl: Kubectl, command: Command
) -> None:
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    await stage.client.configs.edit(stage.name, CONFIG.replace("hello", "good day"))
    status = await eventually(stage, lambda status: bool(outdated(status)))
    why = f"config {stage.name}@2 (runs with {stage.name}@1, template version 1)"
    assert outdated(status) == {"api": why}
    done = command.run("app", "status", stage.name)
    assert f"outdated: api: {why}" in done.stdout
    before = generations(kubectl, stage.name)
    done = command.run("app", "deploy", stage.name, "--outdated")
    assert done.returncode == 0, done.stderr
    after = generations(kubectl, stage.name)
    assert {name for name in after if after[name] != before[name]} == {"api"}
    assert outdated(await eventually(stage, lambda status: not outdated(status))) == {}
    assert "nothing to do" in command.run("app", "deploy", stage.name, "--outdated").stdout


async def test_a_rollback_is_outdated_and_stays(stage: Stage) -> None:
    await stage.application(FILES, CONFIG, updates="auto")
    await stage.deploy()
    await stage.client.configs.edit(stage.name, CONFIG.replace("hello", "good day"))
    await eventually(stage, lambda status: status.revision == 2 and status.state == "ready")
    rolled = await stage.client.applications.rollback(stage.name)
    assert rolled.operation is not None
    await stage.ended(rolled.operation)
    status = await eventually(stage, lambda status: bool(outdated(status)))
    assert (status.revision, set(outdated(status))) == (3, {"api"})


async def test_by_policy_the_affected_services_are_deployed_in_order_edits_together(
    stage: Stage, kubectl: Kubectl
) -> None:
    await stage.application(FILES, CONFIG, updates="auto")
    await stage.deploy()
    before = generations(kubectl, stage.name)
    for tag in ("2", "3", "4"):
        await stage.client.configs.edit(stage.name, CONFIG.replace("tag: '1'", f"tag: '{tag}'"))
    await eventually(stage, lambda status: status.revision == 2 and status.state == "ready")
    after = generations(kubectl, stage.name)
    assert {name: after[name] - before[name] for name in after} == {"api": 1, "web": 1, "worker": 0}
    images = {
        each["spec"]["template"]["spec"]["containers"][0]["image"]
        for each in kubectl.items("deployments", "-n", stage.name)
    }
    assert images == {"api:4", "web:4", "worker:1"}
    operations = [each async for each in stage.client.operations.list() if each.application == stage.name]
    assert [(each.cause, each.services) for each in operations] == [
        (f"config {stage.name}@4", ("api", "web")),
        ("deploy", ()),
    ]


async def test_a_followed_parent_counts_and_a_pinned_one_does_not(stage: Stage) -> None:
    await stage.application(FILES, CONFIG)
    base = f"{stage.name}-base"
    await stage.client.configs.create(base, "tag: '1'\n")
    child = CONFIG.replace("tag: '1'\n", "")
    await stage.client.configs.edit(stage.name, child, extends=Extends(base))
    await stage.deploy()
    await stage.client.configs.edit(base, "tag: '2'\n")
    status = await eventually(stage, lambda status: bool(outdated(status)))
    assert outdated(status).keys() == {"api", "web"}
    await stage.client.configs.edit(stage.name, child, extends=Extends(base, 1))
    await eventually(stage, lambda status: not outdated(status))


async def test_a_config_that_cannot_be_deployed_stays_outdated_and_says_why(stage: Stage) -> None:
    await stage.application(FILES, CONFIG, updates="auto")
    await stage.deploy()
    await stage.client.configs.edit(stage.name, CONFIG.replace("greeting", "greetings"))
    status = await eventually(stage, lambda status: bool(outdated(status)))
    assert "greeting, which does not exist" in outdated(status)["api"]
    assert status.revision == 1


@pytest.fixture
def own(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = own_server(tmp_path_factory.mktemp("own"))
    server.start()
    register(server, sandbox)
    yield server
    assert server.stop() == 0, server.log[-4000:]


async def test_a_killed_server_forgets_no_review(own: Server, namespace: str) -> None:
    async with own.client() as client:
        stage = Stage(client, namespace)
        await stage.application(FILES, CONFIG, updates="auto")
        await stage.deploy()
        await client.configs.edit(namespace, CONFIG.replace("hello", "good day"))
    own.kill()
    own.start()
    async with own.client() as client:
        stage = Stage(client, namespace)
        await eventually(stage, lambda status: status.revision == 2 and status.state == "ready")
