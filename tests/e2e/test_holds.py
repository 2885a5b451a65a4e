"""After a rollback, the value that was left comes back only by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.e2e.conftest import DEADLINE, Command, Kubectl, Stage
from tests.e2e.shop import CONFIG, FILES, Shop

from cantata.client import RemoteError
from cantata.contract.applications import ServiceStatusInfo

pytestmark = pytest.mark.sandbox

BAD = CONFIG.replace("api:1", "api:2")


@pytest.fixture
async def shop(stage: Stage, kubectl: Kubectl) -> Shop:
    """Rolled back from `api: api:2`, which the config still says."""
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    await stage.client.configs.edit(stage.name, BAD)
    await stage.deploy()
    shop = Shop(stage, kubectl)
    back = await stage.client.applications.rollback(stage.name, None, ["api"])
    assert [(key.service, key.key, key.revision, key.held) for key in back.skipped] == [
        ("api", "api", 2, True)
    ]
    await shop.done(back)
    return shop


async def refused(asked: Any) -> RemoteError:
    with pytest.raises(RemoteError) as error:
        await asked
    return error.value


async def held(shop: Shop) -> list[tuple[str, str]]:
    return [(hold.service, hold.key) async for hold in shop.stage.client.holds.list(shop.name)]


async def service(shop: Shop, name: str) -> ServiceStatusInfo:
    return next(each for each in (await shop.stage.status()).services if each.name == name)


async def test_a_value_that_is_held_needs_a_word_more(shop: Shop) -> None:
    applications = shop.stage.client.applications
    assert await held(shop) == [("api", "api")]
    assert (await service(shop, "api")).held == ("api",)
    assert (await service(shop, "web")).held == ()
    before = shop.world()
    error = await refused(applications.deploy(shop.name))
    assert error.code == "ValueHeld"
    assert str(error).startswith("api: service api would have the value of revision 2 again")
    assert shop.world().changed_since(before) == set()
    assert (await applications.deploy(shop.name, ["web"])).operation is None
    await shop.done(await applications.deploy(shop.name, lift_holds=True))
    assert shop.world().image("api") == "api:2"
    assert await held(shop) == []


async def test_another_value_goes_its_way_and_ends_the_hold(shop: Shop) -> None:
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace("api:1", "api:3"))
    await shop.stage.deploy()
    assert shop.world().image("api") == "api:3"
    assert await held(shop) == []


async def test_the_value_of_before_leaves_the_hold_as_it_is(shop: Shop) -> None:
    await shop.stage.client.configs.edit(shop.name, CONFIG)
    assert await shop.nothing_to_do()
    await shop.stage.client.configs.edit(shop.name, BAD)
    assert (await refused(shop.stage.client.applications.deploy(shop.name))).code == "ValueHeld"


async def test_a_hold_is_lifted_by_hand(shop: Shop, command: Command) -> None:
    assert (await refused(shop.stage.client.holds.lift(shop.name, "web"))).code == "HoldNotFound"
    listed = command.run("hold", "list", "--application", shop.name)
    assert listed.stdout.splitlines()[1].split()[:4] == [shop.name, "api", "api", "2"]
    assert "held: api: api" in command.run("app", "status", shop.name).stdout
    told = command.run("app", "deploy", shop.name)
    assert told.returncode == 4
    assert "--lift-holds" in told.stderr
    assert command.run("hold", "lift", shop.name, "api", "api").returncode == 0
    await shop.stage.deploy()
    assert shop.world().image("api") == "api:2"


async def test_a_plan_brings_a_held_value_back_only_by_a_word_more(shop: Shop, command: Command) -> None:
    plans = shop.stage.client.plans
    assert (await refused(plans.create(shop.name))).code == "ValueHeld"
    assert command.run("plan", "create", shop.name).returncode == 4
    planned = await plans.create(shop.name, lift_holds=True)
    assert planned.plan is not None
    assert await held(shop) == [("api", "api")], "a plan changes nothing"
    await shop.done(await plans.apply(planned.plan.id))
    assert shop.world().image("api") == "api:2"
    assert await held(shop) == []
    backwards = plans.create(shop.name, rollback=True, lift_holds=True)
    assert (await refused(backwards)).code == "RequestInvalid"


async def test_going_back_to_a_held_value_by_its_revision_is_a_word_enough(shop: Shop) -> None:
    await shop.done(await shop.stage.client.applications.rollback(shop.name, 2))
    assert shop.world().image("api") == "api:2"
    assert await held(shop) == [("api", "api")], "now the value of revision 3 is the one that was left"


async def test_nothing_brings_a_held_value_back_by_itself(stage: Stage, kubectl: Kubectl) -> None:
    """With `updates: auto`, each edit is deployed; of the last one, all but the held value."""
    await stage.application(FILES, CONFIG, updates="auto")
    await stage.deploy()
    shop = Shop(stage, kubectl)
    await stage.client.configs.edit(stage.name, BAD)
    await until_image(shop, "api", "api:2")
    await settled(shop)
    await shop.done(await stage.client.applications.rollback(stage.name, 1))
    await stage.client.configs.edit(stage.name, BAD.replace("web:1", "web:2"))
    await until_image(shop, "web", "web:2")
    await settled(shop)
    assert shop.world().image("api") == "api:1"
    await stage.client.configs.edit(stage.name, BAD.replace(":1", ":2"))
    await until_image(shop, "db", "db:2")
    await settled(shop)
    assert shop.world().image("api") == "api:1"
    await stage.client.holds.lift(stage.name, "api")
    await until_image(shop, "api", "api:2")


async def until_image(shop: Shop, name: str, image: str) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            if shop.world().image(name) == image:
                return
            await asyncio.sleep(0.1)


async def settled(shop: Shop) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            status = await shop.stage.status()
            if status.operation is not None and status.operation.ended:
                return
            await asyncio.sleep(0.1)
