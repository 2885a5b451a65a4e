"""Servers and render workers that die, stop or end in the middle of a deploy."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest
from tests.e2e.conftest import Server, Stage, deployment, register
from tests.e2e.faults import (
    LEASE,
    WORK,
    assert_ended_well,
    begin,
    children,
    cpu_ticks,
    own_server,
    shop,
    until,
    watched,
)

from cantata.contract.errors import RemoteError
from cantata.kube import KubeCluster
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

SERVICES = ("Job migrate", "Deployment web", "Deployment api")


@pytest.fixture(scope="module")
def own(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server to be killed, which every test leaves running."""
    server = own_server(tmp_path_factory.mktemp("own"))
    server.start()
    register(server, sandbox)
    yield server
    assert server.stop() == 0, server.log[-4000:]


@pytest.mark.parametrize(
    ("moment", "hook"),
    [
        ("", "before-hook-creation"),
        ("Job before", "hook-succeeded"),
        ("Deployment web", "before-hook-creation"),
    ],
    ids=["accepted", "a hook runs", "a service is progressing"],
)
async def test_a_killed_server_goes_on_where_it_was(
    moment: str, hook: str, own: Server, cluster: KubeCluster, namespace: str
) -> None:
    async with watched(cluster, namespace) as witness:
        operation = await begin(own, namespace, shop(hook=hook))
        await until(f"{moment} is there", lambda: not moment or witness.saw(moment))
        own.kill()
        own.start()
        restarted = time.monotonic()
        await assert_ended_well(own, namespace, operation)
        assert time.monotonic() - restarted < LEASE + WORK
        witness.assert_each_once("Job before", *SERVICES)


async def test_a_server_that_is_asked_to_end_leaves_its_work_to_the_next_one(
    own: Server, cluster: KubeCluster, namespace: str
) -> None:
    async with watched(cluster, namespace) as witness:
        operation = await begin(own, namespace, shop())
        await until("web is there", lambda: witness.saw("Deployment web"))
        asked = time.monotonic()
        code = await asyncio.to_thread(own.stop)
        assert code == 0, own.log[-4000:]
        assert time.monotonic() - asked < 5
        own.start()
        await assert_ended_well(own, namespace, operation)
        witness.assert_each_once(*SERVICES)


async def test_killed_render_workers_cost_at_most_the_request_they_served(
    own: Server, namespace: str
) -> None:
    loop = "{{ range until 4000 }}{{ range until 4000 }}{{ end }}{{ end }}"
    async with own.client() as client:
        stage = Stage(client, namespace)
        await stage.application({"templates/web.yaml": loop + deployment("web")})
        before = {pid: cpu_ticks(pid) for pid in children(own.pid)}
        assert before
        request = asyncio.create_task(client.applications.deploy(namespace))
        await until(
            "a worker renders", lambda: any(cpu_ticks(pid) > ticks + 20 for pid, ticks in before.items())
        )
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(RemoteError) as refused:
            await request
        assert refused.value.code == "RenderWorkerDied"
        operation = await stage.deploy()
        assert operation is not None
        assert operation.state == "succeeded", operation
        assert not set(before) & set(children(own.pid))
