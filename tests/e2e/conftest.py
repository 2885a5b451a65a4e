"""The real server as a process of its own, on the sandbox's real API server."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.secrecy import TRACES

from cantata.client import Client
from cantata.contract.applications import ApplicationDraft, ApplicationStatusInfo
from cantata.contract.operations import OperationInfo
from cantata.kube import KubeCluster, Kubeconfig
from cantata.sandbox import Sandbox

CANTATA = str(Path(sys.executable).with_name("cantata"))
DEADLINE = 60.0
LEASE_SECONDS = "2"
COLLECT_SECONDS = "1"
RENDER_SECONDS = "5"
"""Renders of the public charts take a tenth of it; an endless one is waited for in full."""


class Server:
    """A `cantata server` process over its own data directory; it can be killed and started again."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "CANTATA_DATA_DIR": str(self.folder), "CANTATA_PORT": "0", **self._settings}

    def start(self) -> None:
        log = (self.folder / "server.log").open("ab")
        self._process = subprocess.Popen(
            [CANTATA, "server"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()
        TRACES.server(self.folder, self._process.pid)
        until = time.monotonic() + 300
        while not self.file.is_file():
            if self._process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"the server did not start: {self.log[-2000:]}")
            time.sleep(0.05)

    @property
    def file(self) -> Path:
        return self.folder / "server.json"

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    @property
    def url(self) -> str:
        url: str = json.loads(self.file.read_text())["url"]
        return url

    @property
    def token(self) -> str:
        return (self.folder / "admin-token").read_text().strip()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a machine that loses power does it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.file.unlink(missing_ok=True)

    def stop(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def client(self) -> Client:
        return Client(self.url, self.token)


@pytest.fixture(scope="session", autouse=True)
def no_secret_in_clear() -> Iterator[None]:
    """When all servers have ended: no secret that a test saved stands in clear in what they left behind."""
    yield
    TRACES.assert_none_in_clear()


@pytest.fixture(scope="session")
def server(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the run, with the sandbox registered as cluster `default`."""
    settings = {
        "CANTATA_LEASE_SECONDS": LEASE_SECONDS,
        "CANTATA_RENDER_SECONDS": RENDER_SECONDS,
        "CANTATA_COLLECT_GRACE_SECONDS": COLLECT_SECONDS,
    }
    server = Server(tmp_path_factory.mktemp("server"), **settings)
    server.start()
    try:
        register(server, sandbox)
        yield server
    finally:
        code = server.stop()
    assert code == 0, server.log[-4000:]


def register(server: Server, sandbox: Sandbox) -> None:
    kubeconfig = sandbox.kubeconfig.read_text()

    async def send() -> None:
        async with server.client() as client:
            await client.clusters.add("default", kubeconfig)

    asyncio.run(send())


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    async with server.client() as client:
        yield client


@pytest.fixture(scope="session")
def command(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Command:
    return Command(server, tmp_path_factory.mktemp("command"))


@pytest.fixture
def kubectl(sandbox: Sandbox) -> Kubectl:
    return Kubectl(sandbox)


@pytest.fixture
async def cluster(kubectl: Kubectl) -> AsyncIterator[KubeCluster]:
    """Our own client on the sandbox, to watch the world with."""
    shown = json.loads(kubectl.run("config", "view", "--raw", "-o", "json"))
    cluster = KubeCluster(Kubeconfig([("kubeconfig", shown)]).access())
    yield cluster
    await cluster.close()


class Command:
    """The real `cantata` command of somebody who knows the server by its address and a token file."""

    def __init__(self, server: Server, folder: Path) -> None:
        token = folder / "token"
        token.write_text(server.token)
        kept = {key: value for key, value in server.environment.items() if not key.startswith("CANTATA_")}
        self.environment = {
            **kept,
            "CANTATA_DATA_DIR": str(folder / "data"),
            "CANTATA_CONFIG_DIR": str(folder / "config"),
            "CANTATA_SERVER": server.url,
            "CANTATA_TOKEN_FILE": str(token),
        }

    def run(self, *words: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        TRACES.command(words)
        return subprocess.run(
            [CANTATA, *words],
            env={**self.environment, **environment},
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


class Kubectl:
    """The real kubectl: what the world outside of Cantata sees."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._command = [str(sandbox.tool("kubectl")), "--kubeconfig", str(sandbox.kubeconfig)]

    def run(self, *words: str, text: str = "") -> str:
        done = subprocess.run(
            [*self._command, *words], input=text, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, *words: str) -> Any:
        return json.loads(self.run("get", *words, "-o", "json"))

    def items(self, *words: str) -> list[Any]:
        items: list[Any] = self.get(*words)["items"]
        return items

    def autoscale(self, deployment: str, namespace: str, replicas: int) -> None:
        """As an autoscaler does: through the subresource, and not by the name of kubectl."""
        scale = self.get("deployment", deployment, "-n", namespace, "--subresource=scale")
        scale["spec"]["replicas"] = replicas
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}/scale?fieldManager=autoscaler"
        self.run("replace", "--raw", path, "-f", "-", text=json.dumps(scale))


def chart(name: str, files: Mapping[str, str]) -> bytes:
    """A chart as .tgz. Chart.yaml is made; `files` are by path inside the chart."""
    everything = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n", **files}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in everything.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def deployment(name: str, image: str = "web:1", more: str = "", pod: str = "") -> str:
    """A Deployment's template; `pod` are annotations of its pods, `more` further documents."""
    annotations = f"      annotations: {pod}\n" if pod else ""
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: "{{{{ .Release.Name }}}}-{name}" }}
spec:
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata:
{annotations}      labels: {{ app: {name} }}
    spec:
      containers:
        - {{ name: main, image: "{image}" }}
{more}"""


class Stage:
    """Makes what a test needs through the client, under names of its own."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name

    async def application(
        self, files: Mapping[str, str], config: str = "{}\n", **draft: Any
    ) -> ApplicationDraft:
        await self.client.templates.import_(self.name, chart(self.name, files))
        await self.client.configs.create(self.name, config)
        draft = {"create_namespace": True, **draft}
        wanted = ApplicationDraft(name=self.name, template=self.name, config=self.name, **draft)
        await self.client.applications.create(wanted)
        return wanted

    async def deploy(self, *services: str) -> OperationInfo | None:
        """Deploys and waits for the end; None when there was nothing to do."""
        deployed = await self.client.applications.deploy(self.name, services)
        return await self.ended(deployed.operation) if deployed.operation else None

    async def ended(self, operation: OperationInfo) -> OperationInfo:
        async with asyncio.timeout(DEADLINE):
            while True:
                now = await self.client.operations.show(operation.id)
                if now.ended:
                    return now
                await asyncio.sleep(0.05)

    async def status(self) -> ApplicationStatusInfo:
        return await self.client.applications.status(self.name)


@pytest.fixture
def stage(client: Client, namespace: str) -> Stage:
    return Stage(client, namespace)
