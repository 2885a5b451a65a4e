"""Servers and render workers that die, stop or end in the middle of a deploy."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.e2e.conftest import Server, Stage, deployment, register
from tests.e2e.faults import (
    CONFIG,
    LEASE,
    children,
    cpu_ticks,
    own_server,
    shop,
    until,
    watched,
)

from cantata.contract.errors import RemoteError
from cantata.contract.operations import OperationInfo
from cantata.kube import KubeCluster
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

SERVICES = ("Job migrate", "Deployment web", "Deployment api")
WORK = 20.0
"""Seconds that the deploy itself may take on a busy machine."""


@pytest.fixture(scope="module")
def own(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server to be killed, which every test leaves running."""
    server = own_server(tmp_path_factory.mktemp("own"))
    server.start()
    register(server, sandbox)
    yield server
    assert server.stop() == 0, server.log[-4000:]


async def begin(server: Server, name: str, files: dict[str, str]) -> OperationInfo:
    async with server.client() as client:
        stage = Stage(client, name)
        await stage.application(files, CONFIG)
        deployed = await client.applications.deploy(name)
        assert deployed.operation is not None
        return deployed.operation


async def assert_ended_well(server: Server, name: str, operation: OperationInfo) -> None:
    async with server.client() as client:
        stage = Stage(client, name)
        ended = await stage.ended(operation)
        assert ended.state == "succeeded", (ended, server.log[-4000:])
        status = await stage.status()
        assert {service.name: service.state for service in status.services} == {
            "migrate": "ready",
            "web": "ready",
            "api": "ready",
        }
        assert [(r.number, r.state) async for r in client.applications.history(name)] == [(1, "deployed")]
        assert (await client.applications.deploy(name)).operation is None


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


@pytest.fixture
def other(own: Server, tmp_path: Path) -> Iterator[Server]:
    """A second server on the same database and key."""
    server = own_server(
        tmp_path / "other",
        CANTATA_DATABASE_URL=f"sqlite:///{own.folder / 'cantata.db'}",
        CANTATA_KEY_FILE=str(own.folder / "key"),
    )
    shutil.copy(own.folder / "admin-token", server.folder)
    server.start()
    yield server
    assert server.stop() == 0, server.log[-4000:]


async def test_another_server_takes_over_from_one_that_was_killed(
    own: Server, other: Server, cluster: KubeCluster, namespace: str
) -> None:
    async with watched(cluster, namespace) as witness:
        operation = await begin(own, namespace, shop())
        await until("web is there", lambda: witness.saw("Deployment web"))
        acting, waiting = in_turn(own, other)
        acting.kill()
        try:
            killed = time.monotonic()
            await assert_ended_well(waiting, namespace, operation)
            assert time.monotonic() - killed < 2 * LEASE + WORK
            assert f"operation {operation.id} is taken up again, " in waiting.log
            witness.assert_each_once(*SERVICES)
        finally:
            acting.start()


async def test_a_server_that_was_stopped_too_long_writes_nothing_more(
    own: Server, other: Server, cluster: KubeCluster, namespace: str
) -> None:
    async with watched(cluster, namespace) as witness:
        operation = await begin(own, namespace, shop(delay="5s"))
        await until("web is there", lambda: witness.saw("Deployment web"))
        acting, waiting = in_turn(own, other)
        os.kill(acting.pid, signal.SIGSTOP)
        try:
            await until("the other holds the lease", lambda: in_turn(own, other)[0] is waiting)
        finally:
            os.kill(acting.pid, signal.SIGCONT)
        left = f"operation {operation.id} is left"
        await until("the first has left the operation", lambda: left in acting.log)
        await assert_ended_well(waiting, namespace, operation)
        witness.assert_each_once(*SERVICES)


def in_turn(own: Server, other: Server) -> tuple[Server, Server]:
    """Which of both acts on the cluster, and which waits: not always the one that was asked to deploy."""
    return (own, other) if f":{own.pid}:" in holder(own) else (other, own)


def holder(server: Server) -> str:
    """Who holds the lease of the cluster, by the database."""
    with closing(sqlite3.connect(f"file:{server.folder / 'cantata.db'}?mode=ro", uri=True)) as database:
        found: str = database.execute("SELECT holder FROM leases WHERE name LIKE 'cluster:%'").fetchone()[0]
    return found
