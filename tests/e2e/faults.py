"""What the fault tests share: waiting, an observer of the cluster, and an application worth interrupting."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.conftest import LEASE_SECONDS, Server, Stage, deployment

from cantata.contract.operations import OperationInfo
from cantata.core.model.objects import LiveObject
from cantata.kube import KubeCluster
from cantata.ports import Change

LEASE = float(LEASE_SECONDS)
WORK = 20.0
"""Seconds that the deploy itself may take on a busy machine."""
WATCHED = (("apps", "Deployment"), ("batch", "Job"))

HOOK = """
apiVersion: batch/v1
kind: Job
metadata:
  name: "{{ .Release.Name }}-before"
  annotations: { helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: POLICY }
spec:
  template:
    metadata: { annotations: { sandbox.cantata.dev/delay: 1s } }
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: "before:1" }]
"""
JOB = """
apiVersion: batch/v1
kind: Job
metadata: { name: "{{ .Release.Name }}-migrate" }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: "{{ .Values.image }}" }]
"""
SPEC = """
layout: file
services:
  web: { dependsOn: { migrate: { condition: completed } } }
  api: { dependsOn: [web] }
"""
CONFIG = "image: all:1\n"


def shop(delay: str = "1s", hook: str = "") -> dict[str, str]:
    """A Job, a service that waits for it and is slow by `delay`, and one that waits for that; and, where its
    delete policy is given, a hook before them all that takes a second."""
    slow = f"{{ sandbox.cantata.dev/behaviour: slow, sandbox.cantata.dev/delay: {delay} }}"
    files = {
        "cantata.yaml": SPEC,
        "templates/migrate.yaml": JOB,
        "templates/web.yaml": deployment("web", "{{ .Values.image }}", pod=slow),
        "templates/api.yaml": deployment("api", "{{ .Values.image }}"),
    }
    return {**files, "templates/hooks/before.yaml": HOOK.replace("POLICY", hook)} if hook else files


async def until(what: str, holds: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"still not, after {seconds:.0f} s: {what}"
        await asyncio.sleep(0.01)


class Witness:
    """Everything that one namespace ever held of the watched kinds."""

    def __init__(self) -> None:
        self.uids: dict[str, set[str]] = defaultdict(set)
        self.generations: dict[str, int] = {}

    def heard(self, _change: Change, live: LiveObject) -> None:
        name = f"{live.gvk.kind} {live.metadata.name.removeprefix(live.metadata.namespace + '-')}"
        self.uids[name].add(live.metadata.uid)
        self.generations[name] = max(self.generations.get(name, 0), live.metadata.generation)

    def saw(self, name: str) -> bool:
        return name in self.uids

    def assert_each_once(self, *names: str) -> None:
        """Each was made once, and its spec was never written a second time."""
        assert {name: len(uids) for name, uids in self.uids.items()} == dict.fromkeys(names, 1)
        deployments = {name: now for name, now in self.generations.items() if name.startswith("Deployment")}
        assert set(deployments.values()) == {1}, deployments


@asynccontextmanager
async def watched(cluster: KubeCluster, namespace: str) -> AsyncIterator[Witness]:
    witness = Witness()
    informers = [
        cluster.inform(await cluster.resource(*kind), namespace=namespace, listener=witness.heard)
        for kind in WATCHED
    ]
    for informer in informers:
        await informer.wait_synced()
    yield witness
    for informer in informers:
        await informer.close()


def own_server(folder: Path, **settings: str) -> Server:
    folder.mkdir(exist_ok=True)
    return Server(folder, CANTATA_LEASE_SECONDS=LEASE_SECONDS, **settings)


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))) and int(fields[1]) == pid:
            found.append(int(entry.name))
    return found


def cpu_ticks(pid: int) -> int:
    """The processor time that a process has used, in hundredths of a second; 0 when it is gone."""
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


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
