"""Operations that wait: behind one of their application, and for a slot of their cluster."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from tests.e2e.conftest import Kubectl, Server, Stage, register
from tests.e2e.faults import CONFIG, own_server, shop, until, watched
from tests.e2e.test_changes import images

from cantata.contract.events import DATA
from cantata.contract.operations import OperationInfo
from cantata.kube import KubeCluster
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def narrow(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that runs one operation of a cluster at a time."""
    server = own_server(tmp_path_factory.mktemp("narrow"), CANTATA_OPERATIONS_PER_CLUSTER="1")
    server.start()
    register(server, sandbox)
    yield server
    assert server.stop() == 0, server.log[-4000:]


async def begin(stage: Stage, *, queue: bool = False) -> OperationInfo:
    deployed = await stage.client.applications.deploy(stage.name, queue=queue)
    assert deployed.operation is not None
    return deployed.operation


async def test_a_queued_deploy_waits_for_the_one_under_way(
    stage: Stage, cluster: KubeCluster, kubectl: Kubectl
) -> None:
    await stage.application(shop(), CONFIG)
    async with watched(cluster, stage.name) as witness:
        older = await begin(stage)
        await until("web is there", lambda: witness.saw("Deployment web"))
        await stage.client.configs.edit(stage.name, "image: all:2\n")
        newer = await begin(stage, queue=True)
        waiting = await stage.client.operations.show(newer.id)
        assert (waiting.state, waiting.position) == ("queued", 1)
        assert (await stage.ended(older)).state == "succeeded"
        assert (await stage.ended(newer)).state == "succeeded"
    first, second = [await stage.client.operations.show(each.id) for each in (older, newer)]
    assert first.ended_at <= second.started_at
    assert second.position == 0
    assert images(kubectl, stage.name) == {"web": "all:2", "api": "all:2"}
    history = [(each.number, each.state) async for each in stage.client.applications.history(stage.name)]
    assert history == [(2, "deployed"), (1, "superseded")]
    told = [event async for event in stage.client.events.follow(application=stage.name, onward=False)]
    for event in told:
        msgspec.convert(event.data, DATA[event.type], strict=True)
        assert event.data.keys() <= set(DATA[event.type].__struct_encode_fields__)
    states = [(event.data["operation"], event.data["state"]) for event in told if event.type == "operation"]
    assert states == [
        (older.id, "queued"),
        (older.id, "running"),
        (newer.id, "queued"),
        (older.id, "succeeded"),
        (newer.id, "running"),
        (newer.id, "succeeded"),
    ]


async def test_a_plan_waits_for_the_deploy_under_way_or_supersedes_it(
    stage: Stage, cluster: KubeCluster, kubectl: Kubectl
) -> None:
    """web is not ready for an hour, so nothing moves while the plans are made and applied."""
    await stage.application(shop("1h"), CONFIG)
    plans, operations = stage.client.plans, stage.client.operations
    async with watched(cluster, stage.name) as witness:
        older = await begin(stage)
        await until("web is there", lambda: witness.saw("Deployment web"))
        begun = [older.id]
        for image, queue, others in (
            ("all:2", True, ["running"]),
            ("all:3", False, ["superseded", "superseded"]),
        ):
            await stage.client.configs.edit(stage.name, f"image: {image}\n")
            planned = await plans.create(stage.name, ["web"])
            assert planned.plan is not None
            applied = await plans.apply(planned.plan.id, queue=queue)
            assert applied.operation is not None
            states = [(await operations.show(each)).state for each in begun]
            assert states == others
            begun.append(applied.operation.id)
        await operations.cancel(begun[-1])
    assert images(kubectl, stage.name)["web"] in ("all:1", "all:3")


async def test_a_queued_deploy_that_is_cancelled_leaves_the_one_under_way_alone(
    stage: Stage, cluster: KubeCluster, kubectl: Kubectl
) -> None:
    await stage.application(shop(), CONFIG)
    async with watched(cluster, stage.name) as witness:
        older = await begin(stage)
        await until("web is there", lambda: witness.saw("Deployment web"))
        await stage.client.configs.edit(stage.name, "image: all:2\n")
        newer = await begin(stage, queue=True)
        assert (await stage.client.operations.cancel(newer.id)).state == "cancelled"
        assert (await stage.ended(older)).state == "succeeded"
    assert images(kubectl, stage.name) == {"web": "all:1", "api": "all:1"}
    again = await stage.deploy()
    assert again is not None
    assert again.state == "succeeded", again
    assert images(kubectl, stage.name) == {"web": "all:2", "api": "all:2"}
    assert (await stage.status()).state == "ready"


async def test_a_full_cluster_lets_operations_wait_in_their_order(
    narrow: Server, cluster: KubeCluster, namespace: str
) -> None:
    async with narrow.client() as client, watched(cluster, namespace) as witness:
        stages = [Stage(client, name) for name in (namespace, f"{namespace}-b", f"{namespace}-c")]
        for stage in stages:
            await stage.application(shop(), CONFIG)
        operations = [await begin(stage) for stage in stages]
        await until("web is there", lambda: witness.saw("Deployment web"))
        listed = {each.id: each async for each in client.operations.list()}
        assert [listed[each.id].position for each in operations] == [0, 1, 2]
        cancelled = await client.operations.cancel(operations[1].id)
        assert (cancelled.state, cancelled.started_at) == ("cancelled", "")
        for stage, operation in ((stages[0], operations[0]), (stages[2], operations[2])):
            assert (await stage.ended(operation)).state == "succeeded"
        first, third = [await client.operations.show(operations[each].id) for each in (0, 2)]
        assert first.ended_at <= third.started_at
