"""Single services on a real API server: restart, scale, pause, undeploy, roll back; the others stay as they
are."""

from __future__ import annotations

import asyncio

import pytest
from tests.e2e.conftest import Kubectl, Stage
from tests.e2e.shop import CONFIG, FILES, Shop, deployed_shop

from cantata.client import RemoteError

pytestmark = pytest.mark.sandbox


@pytest.fixture
async def shop(stage: Stage, kubectl: Kubectl) -> Shop:
    return await deployed_shop(stage, kubectl)


async def test_a_restart_replaces_the_pods_of_one_service_once(shop: Shop, kubectl: Kubectl) -> None:
    before, pods = shop.world(), names(kubectl, shop.name)
    operation = await shop.ask("restart", "api")
    assert (operation.verb, operation.services, operation.revision) == ("restart", ("api",), 2)
    after = shop.world()
    assert after.changed_since(before) == {"api"}
    assert after.restarted("api")
    await shop.until(api="ready")
    assert {name for name in names(kubectl, shop.name) & pods if "-api-" in name} == set()
    assert await shop.nothing_to_do()
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace("web:1", "web:2"))
    await shop.stage.deploy()
    assert shop.world().restarted("api") == after.restarted("api")
    assert shop.world().changed_since(after) == {"web"}


def names(kubectl: Kubectl, namespace: str) -> set[str]:
    return {
        pod["metadata"]["name"]
        for pod in kubectl.items("pods", "-n", namespace)
        if not pod["metadata"].get("deletionTimestamp")
    }


async def test_a_number_of_pods_that_was_asked_for_stays_until_it_is_taken_back(shop: Shop) -> None:
    before = shop.world()
    await shop.done(await shop.services.scale(shop.name, ["api"], 4, cause="sale"))
    assert shop.world().replicas("api") == 4
    assert shop.world().changed_since(before) == {"api"}
    assert (await shop.services.scale(shop.name, ["api"], 4)).operation is None
    assert await shop.nothing_to_do()
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace("api:1", "api:2"))
    await shop.stage.deploy()
    assert (shop.world().replicas("api"), shop.world().image("api")) == (4, "api:2")
    await shop.done(await shop.services.scale(shop.name, ["api"], None))
    assert shop.world().replicas("api") == 2


async def test_the_hand_that_scaled_does_not_win_over_what_was_asked_for(
    shop: Shop, kubectl: Kubectl
) -> None:
    await shop.done(await shop.services.scale(shop.name, ["api"], 4))
    kubectl.run("scale", "deployment", f"{shop.name}-api", "--replicas=1", "-n", shop.name)
    await shop.done(await shop.services.scale(shop.name, ["api"], 3))
    assert shop.world().replicas("api") == 3


async def test_a_paused_service_stays_without_pods_over_a_deploy_of_everything(shop: Shop) -> None:
    before = shop.world()
    await shop.ask("pause", "api")
    await shop.until(api="paused", web="ready")
    assert shop.world().replicas("api") == 0
    assert shop.world().changed_since(before) == {"api"}
    assert (await shop.services.ask("pause", shop.name, ["api"])).operation is None
    assert await shop.nothing_to_do()
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace(":1", ":2"))
    operation = await shop.stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded"
    assert (shop.world().replicas("api"), shop.world().image("api")) == (0, "api:2")
    assert shop.world().image("web") == "web:2"
    with pytest.raises(RemoteError) as refused:
        await shop.services.ask("restart", shop.name, ["api"])
    assert refused.value.code == "ServicePaused"
    await shop.ask("resume", "api")
    assert shop.world().replicas("api") == 2
    await shop.until(api="ready")


async def test_pods_come_back_as_many_as_were_asked_for(shop: Shop) -> None:
    await shop.done(await shop.services.scale(shop.name, ["api"], 3))
    await shop.ask("pause", "api")
    assert shop.world().replicas("api") == 0
    await shop.ask("resume", "api")
    assert shop.world().replicas("api") == 3


async def test_an_undeployed_service_is_gone_until_it_is_deployed_by_name(shop: Shop) -> None:
    before = shop.world()
    operation = await shop.ask("undeploy", "web")
    assert operation.verb == "undeploy"
    assert set(shop.world().generations) == {"db", "api"}
    assert shop.world().changed_since(before) == {"web"}
    await shop.until(web="not_deployed", api="ready")
    assert (await shop.stage.status()).state == "ready"
    assert await shop.nothing_to_do()
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace(":1", ":2"))
    await shop.stage.deploy()
    assert set(shop.world().generations) == {"db", "api"}
    with pytest.raises(RemoteError) as refused:
        await shop.services.ask("restart", shop.name, ["web"])
    assert refused.value.code == "ServiceNotDeployed"
    untouched = shop.world()
    await shop.stage.deploy("web")
    assert shop.world().changed_since(untouched) == {"web"}
    assert shop.world().image("web") == "web:2"
    await shop.until(web="ready")


async def test_what_others_depend_on_goes_with_them_or_not_at_all(shop: Shop, kubectl: Kubectl) -> None:
    claim = kubectl.get("pvc", f"{shop.name}-data", "-n", shop.name)["metadata"]["uid"]
    with pytest.raises(RemoteError) as refused:
        await shop.services.ask("undeploy", shop.name, ["db"])
    assert refused.value.code == "ServiceNeeded"
    assert "api, web would be left without db" in str(refused.value)
    await shop.ask("undeploy", "db", with_dependents=True)
    assert shop.world().generations == {}
    assert kubectl.items("configmaps", "-n", shop.name, "-l", "cantata.dev/application") == []
    assert kubectl.get("pvc", f"{shop.name}-data", "-n", shop.name)["metadata"]["uid"] == claim
    await shop.until(db="not_deployed", api="not_deployed", web="not_deployed")
    assert (await shop.stage.status()).state == "not_deployed"
    with pytest.raises(RemoteError) as refused:
        await shop.stage.deploy("web")
    assert refused.value.code == "DependencyUndeployed"
    back = await shop.stage.client.applications.deploy(shop.name, ["web"], with_dependencies=True)
    assert set((await shop.done(back)).services) == {"db", "api", "web"}
    assert set(shop.world().generations) == {"db", "api", "web"}
    assert kubectl.get("pvc", f"{shop.name}-data", "-n", shop.name)["metadata"]["uid"] == claim


async def test_one_service_is_rolled_back_to_its_own_last_version(shop: Shop) -> None:
    """Since api changed, web changed twice: the last revision is not where api was another one."""
    edit = shop.stage.client.configs.edit
    await edit(shop.name, CONFIG.replace("api:1", "api:2"))
    await shop.stage.deploy()
    for number in (2, 3):
        await edit(shop.name, CONFIG.replace("api:1", "api:2").replace("web:1", f"web:{number}"))
        await shop.stage.deploy()
    before = shop.world()
    back = await shop.done(await shop.stage.client.applications.rollback(shop.name, None, ["api"]))
    assert (back.verb, back.services) == ("rollback", ("api",))
    assert shop.world().changed_since(before) == {"api"}
    assert (shop.world().image("api"), shop.world().image("web")) == ("api:1", "web:3")
    await shop.done(await shop.stage.client.applications.rollback(shop.name, 2, ["api"]))
    assert shop.world().image("api") == "api:2"
    assert (await shop.stage.client.applications.rollback(shop.name, 2, ["api"])).operation is None


async def test_a_rollback_leaves_the_number_of_pods_as_it_was_asked_for(shop: Shop) -> None:
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace("api:1", "api:2"))
    await shop.stage.deploy()
    await shop.done(await shop.services.scale(shop.name, ["api"], 3))
    await shop.ask("pause", "web")
    await shop.done(await shop.stage.client.applications.rollback(shop.name, 1))
    world = shop.world()
    assert (world.image("api"), world.replicas("api"), world.replicas("web")) == ("api:1", 3, 0)


async def test_all_means_all_for_which_it_is_possible(shop: Shop) -> None:
    await shop.ask("pause", "db")
    operation = await shop.ask("restart", every=True)
    assert set(operation.services) == {"api", "web"}
    assert shop.world().restarted("db") == ""
    await shop.ask("pause", every=True)
    assert [shop.world().replicas(name) for name in ("db", "api", "web")] == [0, 0, 0]
    await shop.until(db="paused", api="paused", web="paused")
    assert (await shop.stage.status()).state == "paused"
    await shop.ask("resume", "web", with_dependencies=True)
    await shop.until(db="ready", api="ready", web="ready")


async def test_what_is_asked_for_at_once_is_all_done(shop: Shop) -> None:
    """Each takes over what the one before has not finished."""
    applications = shop.stage.client.applications
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace(":1", ":2"))
    asked = await asyncio.gather(
        applications.deploy(shop.name, ["web"]),
        applications.deploy(shop.name, ["api"]),
        shop.services.scale(shop.name, ["db"], 3),
        shop.services.ask("restart", shop.name, ["db"]),
    )
    ended = [await shop.stage.ended(each.operation) for each in asked if each.operation is not None]
    assert len(ended) == len(asked)
    assert {each.state for each in ended} <= {"succeeded", "superseded"}
    world = shop.world()
    assert (world.image("web"), world.image("api"), world.image("db")) == ("web:2", "api:2", "db:1")
    assert (world.replicas("db"), bool(world.restarted("db"))) == (3, True)
    numbers = [each.number async for each in applications.history(shop.name)]
    assert numbers == [5, 4, 3, 2, 1]


async def test_the_only_service_comes_back_by_a_rollback_that_names_it(
    stage: Stage, kubectl: Kubectl
) -> None:
    files = {"templates/web.yaml": FILES["templates/web.yaml"]}
    await stage.application(files, "web: web:1\n")
    await stage.deploy()
    await stage.client.configs.edit(stage.name, "web: web:2\n")
    await stage.deploy()
    shop = Shop(stage, kubectl)
    await shop.ask("undeploy", "web")
    assert shop.world().generations == {}
    await shop.done(await stage.client.applications.rollback(stage.name, 1, ["web"]))
    assert shop.world().image("web") == "web:1"


async def test_what_a_failed_deploy_had_not_reached_is_restarted_as_it_runs(shop: Shop) -> None:
    await shop.stage.client.configs.edit(shop.name, "db: ' db:2'\napi: api:2\nweb: web:2\n")
    operation = await shop.stage.deploy()
    assert operation is not None
    assert operation.state == "failed"
    before = shop.world()
    assert [before.image(each) for each in ("db", "api", "web")] == [" db:2", "api:1", "web:1"]
    await shop.ask("restart", "web")
    after = shop.world()
    assert (after.image("web"), after.changed_since(before)) == ("web:1", {"web"})
    await shop.done(await shop.services.scale(shop.name, ["web"], 3))
    assert (shop.world().image("web"), shop.world().replicas("web")) == ("web:1", 3)
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace(":1", ":2"))
    last = await shop.stage.deploy()
    assert last is not None
    assert last.state == "succeeded", last.error
    ended = shop.world()
    assert [ended.image(each) for each in ("db", "api", "web")] == ["db:2", "api:2", "web:2"]
    assert (ended.replicas("web"), ended.restarted("web")) == (3, after.restarted("web"))
