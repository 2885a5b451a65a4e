"""Processes in containers and ports of pods, against a real API server."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.kube.conftest import until

from cantata.core.model.objects import GVK
from cantata.core.pods import pod_views
from cantata.kube import KubeCluster, Kubeconfig, errors
from cantata.ports import Channel
from cantata.sandbox import Sandbox
from cantata.sandbox.inside_pods import ANSWER, ATTACH_LOG, CLOSED_PORT, ECHO_PORT

pytestmark = pytest.mark.sandbox

PODS = GVK("", "v1", "Pod")
NAMESPACES = GVK("", "v1", "Namespace")
NAME = "web"
MINE = "cantata:test"


@pytest.fixture
async def cluster(sandbox: Sandbox) -> AsyncIterator[KubeCluster]:
    shown = subprocess.run(  # noqa: ASYNC221 - nothing else runs yet
        [
            sandbox.tool("kubectl"),
            "config",
            "view",
            "--raw",
            "-o",
            "json",
            f"--kubeconfig={sandbox.kubeconfig}",
        ],
        capture_output=True,
        check=True,
    )
    cluster = KubeCluster(Kubeconfig([("kubeconfig", json.loads(shown.stdout))]).access())
    yield cluster
    await cluster.close()


@pytest.fixture
async def pod(cluster: KubeCluster, namespace: str) -> AsyncIterator[str]:
    """The namespace of a pod that runs."""
    containers = [{"name": "main", "image": "nginx"}, {"name": "side", "image": "busybox"}]
    metadata = {"name": NAME, "namespace": namespace}
    await cluster.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, manager=MINE
    )
    await cluster.apply(
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}},
        manager=MINE,
    )

    async def runs() -> bool:
        found = await cluster.find(PODS, namespace, NAME)
        return found is not None and pod_views([found])[0].ready

    await until(runs)
    yield namespace
    await cluster.delete(NAMESPACES, "", namespace)


@asynccontextmanager
async def said_again(sandbox: Sandbox, line: str) -> AsyncIterator[None]:
    """Every container says this, again and again: it is not seen by whoever has not attached yet."""

    async def say() -> None:
        while True:
            with (sandbox.kubeconfig.parent / ATTACH_LOG).open("a") as file:
                file.write(f"2026-01-01T00:00:00.000000000Z stdout F {line}\n")
            await asyncio.sleep(0.1)

    saying = asyncio.create_task(say())
    yield
    saying.cancel()


async def test_a_command_says_what_it_says(cluster: KubeCluster, pod: str) -> None:
    command = ["sh", "-c", "echo out; echo err >&2"]
    said: dict[Channel, bytes] = {}
    async with cluster.run(pod, NAME, "main", command) as process:
        async for channel, data in process:
            said[channel] = said.get(channel, b"") + data
        assert process.exit_code == 0
    assert said == {Channel.OUTPUT: b"out\n", Channel.ERROR: b"err\n"}


async def test_a_command_reads_its_input(cluster: KubeCluster, pod: str) -> None:
    """Not to its end: kwok never closes a pipe. `test_exec.py` has the end."""
    content = bytes(range(256)) * 1000
    read = b""
    async with cluster.run(pod, NAME, "main", ["head", "-c", str(len(content))], stdin=True) as process:
        await process.write(content)
        async for channel, data in process:
            assert channel is Channel.OUTPUT
            read += data
        assert process.exit_code == 0
    assert read == content


async def test_a_terminal_has_the_size_that_is_told(cluster: KubeCluster, pod: str) -> None:
    shown = b""
    # The last words of a program that ends may be lost on the way: it waits until they were heard.
    command = ["sh", "-c", "read line; stty size; read line"]
    async with cluster.run(pod, NAME, "main", command, stdin=True, tty=True) as process:
        await process.resize(91, 37)
        await process.write(b"go\n")
        async with asyncio.timeout(30):
            async for _, data in process:
                shown += data
                if b"37 91" in shown:
                    break
        await process.write(b"end\n")
    assert b"37 91" in shown


async def test_a_program_that_is_not_there(cluster: KubeCluster, pod: str) -> None:
    async with cluster.run(pod, NAME, "main", ["no-such-program"]) as process:
        with pytest.raises(errors.ProcessNotStarted, match="no-such-program"):
            await anext(aiter(process))


async def test_a_pod_that_is_not_there(cluster: KubeCluster, pod: str) -> None:
    with pytest.raises(errors.KubeError, match="404"):
        async with cluster.run(pod, "nobody", "main", ["true"]):
            pass


async def test_attaching_shows_what_the_container_says(
    cluster: KubeCluster, pod: str, sandbox: Sandbox
) -> None:
    async with cluster.run(pod, NAME, "side", []) as process, said_again(sandbox, "hello"):
        assert b"hello" in (await anext(aiter(process)))[1]


async def test_a_port_takes_and_gives(cluster: KubeCluster, pod: str) -> None:
    content, back = bytes(range(256)) * 300, b""
    async with cluster.tunnel(pod, NAME, ECHO_PORT) as tunnel:
        await tunnel.write(content)
        async for data in tunnel:
            back += data
            if len(back) >= len(content):
                break
    assert back == content


async def test_each_port_is_one_of_its_own(cluster: KubeCluster, pod: str) -> None:
    said = b""
    async with cluster.tunnel(pod, NAME, 8080) as tunnel:
        await tunnel.write(b"GET / HTTP/1.1\r\n\r\n")
        async for data in tunnel:
            said += data
            if said.endswith(ANSWER.encode()):
                break
    assert said.startswith(b"HTTP/1.1 200")


async def test_a_port_where_nobody_listens(cluster: KubeCluster, pod: str) -> None:
    async with cluster.tunnel(pod, NAME, CLOSED_PORT) as tunnel:
        with pytest.raises(errors.PortClosed, match=f"port {CLOSED_PORT} .*refused"):
            await anext(aiter(tunnel))


async def test_a_container_added_to_a_pod_runs(cluster: KubeCluster, pod: str) -> None:
    added = {"name": "look", "image": "busybox", "stdin": True, "tty": True, "targetContainerName": "main"}
    for name in ("look", "again"):
        await cluster.add_container(pod, NAME, {**added, "name": name})

    async def runs() -> bool:
        found = await cluster.find(PODS, pod, NAME)
        assert found is not None
        return {c.name for c in pod_views([found])[0].containers if c.running} >= {"look", "again", "main"}

    await until(runs)
