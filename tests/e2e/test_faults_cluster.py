"""A control plane whose processes die in the middle of a deploy: one of its own, thrown away afterwards."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from tests.e2e.conftest import Kubectl, Server, Stage, register
from tests.e2e.faults import CONFIG, own_server, shop, until, watched

from cantata.kube import KubeCluster, Kubeconfig
from cantata.sandbox import Phase, Sandbox

pytestmark = pytest.mark.sandbox

RESTART_SECONDS = 60.0


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox whose processes may be killed."""
    sandbox = Sandbox("mortal", tmp_path_factory.mktemp("mortal"))
    sandbox.start(owner=os.getpid())
    yield sandbox
    sandbox.remove()


@pytest.fixture(scope="module")
def own(mortal: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = own_server(tmp_path_factory.mktemp("own"))
    server.start()
    register(server, mortal)
    yield server
    assert server.stop() == 0, server.log[-4000:]


@pytest.fixture
async def mortal_cluster(mortal: Sandbox) -> AsyncIterator[KubeCluster]:
    shown = json.loads(Kubectl(mortal).run("config", "view", "--raw", "-o", "json"))
    cluster = KubeCluster(Kubeconfig([("kubeconfig", shown)]).access())
    yield cluster
    await cluster.close()


@pytest.mark.parametrize("process", ["kube-apiserver", "kwok", "etcd"])
async def test_a_deploy_outlives_a_process_of_the_control_plane(
    process: str, mortal: Sandbox, mortal_cluster: KubeCluster, own: Server, namespace: str
) -> None:
    def bound() -> bool:
        pods = Kubectl(mortal).items("pods", "-n", namespace, "-l", "app=web")
        return any(pod["spec"].get("nodeName") for pod in pods)

    def restarted(pid: int) -> bool:
        status = mortal.status()
        return status.phase is Phase.RUNNING and status.component(process).pid not in (0, pid)

    async with own.client() as client, watched(mortal_cluster, namespace) as witness:
        stage = Stage(client, namespace)
        await stage.application(shop("3s"), CONFIG)
        deployed = await client.applications.deploy(namespace)
        assert deployed.operation is not None
        await until("web is there", lambda: witness.saw("Deployment web"))
        await until("its pod has a node", bound)
        pid = mortal.status().component(process).pid
        os.kill(pid, signal.SIGKILL)
        await until(f"{process} runs again", lambda: restarted(pid), RESTART_SECONDS)
        ended = await stage.ended(deployed.operation)
        assert ended.state == "succeeded", (ended, own.log[-4000:])
        assert (await stage.status()).state == "ready"
        witness.assert_each_once("Job migrate", "Deployment web", "Deployment api")


async def test_a_deploy_that_begins_without_a_control_plane_waits_for_it(
    mortal: Sandbox, own: Server, namespace: str
) -> None:
    async with own.client() as client:
        stage = Stage(client, namespace)
        await stage.application(shop("0s"), CONFIG)
        deployed = await client.applications.deploy(namespace)
        os.kill(mortal.status().component("kube-apiserver").pid, signal.SIGKILL)
        assert deployed.operation is not None
        ended = await stage.ended(deployed.operation)
        assert ended.state == "succeeded", (ended, own.log[-4000:])
