"""Ten services, each waiting for the one before: the time of a hop, and the time that a kill costs.

A hop is the time from a Deployment's readiness to the existence of the next one, both as one watch beside the
server sees them: what raw readiness takes is not in it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.floor import connect
from bench.load import CONFIG, chart, names
from bench.process import server
from bench.sandboxes import fresh_sandbox
from bench.verdicts import Verdict, told
from cantata.client import Client
from cantata.contract.applications import ApplicationDraft
from cantata.contract.operations import OperationInfo
from cantata.core.model.objects import LiveObject
from cantata.ports import Change
from cantata.sandbox import Sandbox

SPEC = "layout: file\nservices:\n" + "".join(
    f"  {then}: {{ dependsOn: [{first}] }}\n" for first, then in zip(names(), names()[1:], strict=False)
)
KILL_AFTER = 4
"""So many services are ready when the server is killed."""

HOP_LIMIT, TAKEOVER_LIMIT = 0.2, 10.0


@dataclass(frozen=True, slots=True)
class Chain:
    """Seconds: the hops of one deploy; from the kill to the next write; and of that, what the start of the
    next server took."""

    hops: list[float]
    takeover: float
    start: float


class Watched:
    """When each Deployment of a namespace came and was ready, by this clock."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self.came: dict[str, float] = {}
        self.ready: dict[str, float] = {}
        self.changed = asyncio.Event()

    def heard(self, _change: Change, live: LiveObject) -> None:
        if live.metadata.namespace != self._namespace:
            return
        now, name = time.monotonic(), live.metadata.name
        self.came.setdefault(name, now)
        if live.manifest().get("status", {}).get("readyReplicas") == 1:
            self.ready.setdefault(name, now)
        self.changed.set()

    async def until_ready(self, count: int) -> None:
        while len(self.ready) < count:
            self.changed.clear()
            await self.changed.wait()

    def hops(self) -> list[float]:
        return [
            self.came[then] - self.ready[first] for first, then in zip(names(), names()[1:], strict=False)
        ]


def report(folder: Path) -> dict[str, object]:
    print("a chain of ten services", flush=True)
    with fresh_sandbox(folder, "chain") as sandbox:
        measured = asyncio.run(measure(folder, sandbox))
    verdicts = (
        Verdict("hop over raw readiness, median", statistics.median(measured.hops), HOP_LIMIT),
        Verdict("hop over raw readiness, worst", max(measured.hops), HOP_LIMIT),
        Verdict("kill -9 in mid-deploy to the next write", measured.takeover, TAKEOVER_LIMIT),
    )
    print(f"  of which the next server's start: {measured.start:.1f} s")
    return {**asdict(measured), "budgets": told(verdicts)}


async def measure(folder: Path, sandbox: Sandbox) -> Chain:
    cluster = connect(sandbox)
    whole, broken = Watched("chain"), Watched("chain-killed")
    deployments = await cluster.resource("apps", "Deployment")
    informers = [cluster.inform(deployments, listener=each.heard) for each in (whole, broken)]
    try:
        for informer in informers:
            await informer.wait_synced()
        with server(folder) as pid:
            async with client_of(folder) as client:
                await client.clusters.add("default", sandbox.kubeconfig.read_text())
                await client.templates.import_("chain", chart("chain", SPEC))
                await client.configs.create("chain", CONFIG)
                await deploy(client, "chain")
                await whole.until_ready(len(names()))
                operation = await deploy(client, "chain-killed")
            await broken.until_ready(KILL_AFTER)
            os.kill(pid, signal.SIGKILL)
            killed, there = time.monotonic(), len(broken.came)
            (folder / "data" / "server.json").unlink()
        with server(folder):
            start = time.monotonic() - killed
            while len(broken.came) == there:
                broken.changed.clear()
                await broken.changed.wait()
            takeover = max(broken.came.values()) - killed
            async with client_of(folder) as client:
                await succeeded(client, operation)
        return Chain(whole.hops(), takeover, start)
    finally:
        await cluster.close()


def client_of(folder: Path) -> Client:
    data = folder / "data"
    url = json.loads((data / "server.json").read_text())["url"]
    return Client(url, (data / "admin-token").read_text().strip())


async def deploy(client: Client, name: str) -> OperationInfo:
    await client.applications.create(
        ApplicationDraft(name=name, template="chain", config="chain", create_namespace=True)
    )
    operation = (await client.applications.deploy(name)).operation
    assert operation is not None, "a first deploy has something to do"
    return operation


async def succeeded(client: Client, operation: OperationInfo) -> None:
    while True:
        now = await client.operations.show(operation.id)
        if now.ended:
            assert now.state == "succeeded", now
            return
        await asyncio.sleep(0.1)
