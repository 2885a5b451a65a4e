"""Services that a config switches on and off come and go, whatever was deployed of the others meanwhile."""

from __future__ import annotations

import pytest
from tests.e2e.conftest import Kubectl, Stage
from tests.e2e.test_impact import CONFIG, FILES, generations

pytestmark = pytest.mark.sandbox

ON = CONFIG + "extra: true\n"
ALWAYS = {"api", "web", "worker"}


async def deploy(stage: Stage, *services: str) -> None:
    operation = await stage.deploy(*services)
    assert operation is not None, "there is something to do"
    assert operation.state == "succeeded", operation.error


async def test_a_service_that_was_switched_off_comes_back_with_the_very_same_config(
    stage: Stage, kubectl: Kubectl
) -> None:
    await stage.application(FILES, ON)
    await deploy(stage)
    for text, wanted in ((CONFIG, ALWAYS), (ON, {*ALWAYS, "extra"}), (CONFIG, ALWAYS)):
        (told,) = (await stage.client.configs.impact(stage.name, text)).applications
        assert [each.service for each in told.services] == ["extra"]
        await stage.client.configs.edit(stage.name, text)
        await deploy(stage)
        assert generations(kubectl, stage.name) == dict.fromkeys(wanted, 1)
        assert await stage.deploy() is None


async def test_the_rest_follows_when_one_service_was_deployed_first(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(FILES, CONFIG)
    await deploy(stage, "api")
    await deploy(stage)
    assert generations(kubectl, stage.name) == dict.fromkeys(ALWAYS, 1)
    assert await stage.deploy() is None


@pytest.mark.parametrize(("before", "after"), [(CONFIG, ON), (ON, CONFIG)], ids=["comes", "goes"])
async def test_a_deploy_of_another_service_hides_none_that(
    before: str, after: str, stage: Stage, kubectl: Kubectl
) -> None:
    await stage.application(FILES, before)
    await deploy(stage)
    there = generations(kubectl, stage.name).keys()
    await stage.client.configs.edit(stage.name, after.replace("'1'", "'2'"))
    await deploy(stage, "web")
    assert generations(kubectl, stage.name).keys() == there
    (told,) = (await stage.client.configs.impact(stage.name, after.replace("'1'", "'2'"))).applications
    assert {each.service for each in told.services} == {"api", "extra"}
    await deploy(stage)
    assert generations(kubectl, stage.name).keys() == there ^ {"extra"}


async def test_after_a_rollback_too(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(FILES, ON)
    await deploy(stage)
    await stage.client.configs.edit(stage.name, CONFIG)
    await deploy(stage)
    rolled = await stage.client.applications.rollback(stage.name)
    assert rolled.operation is not None
    await stage.ended(rolled.operation)
    assert generations(kubectl, stage.name).keys() == {*ALWAYS, "extra"}
    await deploy(stage)
    assert generations(kubectl, stage.name).keys() == ALWAYS
