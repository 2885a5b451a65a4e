"""The credentials of a cluster renewed while a server works with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from tests.e2e.conftest import Command, Kubectl, Server, Stage, deployment
from tests.e2e.faults import own_server

from cantata.contract.errors import RemoteError

pytestmark = pytest.mark.sandbox

FILES = {
    "templates/web.yaml": deployment(
        "web",
        more="---\napiVersion: v1\nkind: ConfigMap\n"
        "metadata: { name: '{{ .Release.Name }}-c' }\ndata: { a: '{{ .Values.a }}' }\n",
    )
}


class Robots:
    """Service accounts that may do anything, until they are deleted."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self._shown = json.loads(kubectl.run("config", "view", "--raw", "--minify", "-o", "json"))

    def kubeconfig(self, name: str) -> str:
        """Of a fresh one."""
        self._kubectl.run("create", "serviceaccount", name, "-n", "kube-system")
        role = ("--clusterrole", "cluster-admin", "--serviceaccount", f"kube-system:{name}")
        self._kubectl.run("create", "clusterrolebinding", name, *role)
        token = self._kubectl.run("create", "token", name, "-n", "kube-system").strip()
        (cluster,) = self._shown["clusters"]
        context = {"name": "c", "context": {"cluster": cluster["name"], "user": "u"}}
        users = [{"name": "u", "user": {"token": token}}]
        return json.dumps(
            {"clusters": [cluster], "users": users, "contexts": [context], "current-context": "c"}
        )

    def end(self, name: str) -> None:
        self._kubectl.run("delete", "clusterrolebinding", name)
        self._kubectl.run("delete", "serviceaccount", name, "-n", "kube-system")


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = own_server(tmp_path_factory.mktemp("own"))
    server.start()
    yield server
    assert server.stop() == 0, server.log[-4000:]


async def ask_until_refused(stage: Stage) -> None:
    """The API server believes a token for a moment after its end."""
    async with asyncio.timeout(60):
        while True:
            await stage.client.applications.preview(stage.name)


async def test_what_runs_goes_on_with_the_new_ones(
    own: Server, kubectl: Kubectl, namespace: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    robots, (old, new) = Robots(kubectl), (f"{namespace}-old", f"{namespace}-new")
    command = Command(own, tmp_path_factory.mktemp("command"))
    async with own.client() as client:
        stage = Stage(client, namespace)
        await client.clusters.add("default", robots.kubeconfig(old))
        await stage.application(FILES, "a: 1\n")
        await stage.deploy()
        robots.end(old)
        kubeconfig = robots.kubeconfig(new)
        try:
            await client.configs.edit(namespace, "a: 2\n")
            with pytest.raises(RemoteError) as refused:
                await ask_until_refused(stage)
            assert refused.value.category in ("forbidden", "unauthenticated", "unavailable")
            told = command.run("cluster", "edit", "default", "--kubeconfig", "-", text=kubeconfig)
            assert told.returncode == 0, told.stderr
            ended = await stage.deploy()
            assert ended is not None
            assert ended.state == "succeeded", ended
            kubectl.run("scale", "deployment", f"{namespace}-web", "-n", namespace, "--replicas=2")
            async with asyncio.timeout(60):
                while sum(each.ready for each in (await stage.status()).services) < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        finally:
            robots.end(new)
