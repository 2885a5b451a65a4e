"""The floor: the same objects sent by a bare server-side-apply loop, 32 at a time, and nothing else."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from dataclasses import dataclass

from bench.load import SERVICES, objects
from cantata.core.model.objects import GVK, LiveObject
from cantata.kube import KubeCluster, Kubeconfig
from cantata.ports import Change
from cantata.sandbox import Sandbox

CONCURRENCY = 32
DEPLOYMENT = GVK("apps", "v1", "Deployment")


@dataclass(frozen=True, slots=True)
class Floor:
    """Seconds until all requests were accepted, and until all Deployments were ready."""

    accepted: float
    ready: float


def connect(sandbox: Sandbox) -> KubeCluster:
    """kubectl writes the sandbox's kubeconfig as JSON."""
    words = ("config", "view", "--raw", "-o", "json")
    command = [str(sandbox.tool("kubectl")), "--kubeconfig", str(sandbox.kubeconfig), *words]
    shown = subprocess.run(command, capture_output=True, check=True)
    return KubeCluster(Kubeconfig([("kubeconfig", json.loads(shown.stdout))]).access())


async def bare_loop(sandbox: Sandbox, applications: int) -> Floor:
    cluster = connect(sandbox)
    try:
        return await _measure(cluster, [f"floor-{number}" for number in range(applications)])
    finally:
        await cluster.close()


async def _measure(cluster: KubeCluster, namespaces: list[str]) -> Floor:
    gate = asyncio.Semaphore(CONCURRENCY)
    ready: set[str] = set()
    all_ready = asyncio.Event()

    def heard(_change: Change, live: LiveObject) -> None:
        status = live.manifest().get("status", {})
        if live.metadata.namespace in wanted and status.get("readyReplicas") == 1:
            ready.add(live.metadata.uid)
        if len(ready) == len(namespaces) * SERVICES:
            all_ready.set()

    async def send(manifest: dict[str, object]) -> None:
        async with gate:
            await cluster.apply(manifest, manager="floor")

    wanted = set(namespaces)
    informer = cluster.inform(await cluster.resource("apps", "Deployment"), listener=heard)
    await informer.wait_synced()
    began = time.monotonic()
    await asyncio.gather(
        *(
            send({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
            for namespace in namespaces
        )
    )
    await asyncio.gather(*(send(each) for namespace in namespaces for each in objects(namespace)))
    accepted = time.monotonic() - began
    await all_ready.wait()
    return Floor(accepted, time.monotonic() - began)
