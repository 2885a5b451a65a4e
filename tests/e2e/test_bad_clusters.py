"""Clusters that cannot be reached, do not let us in, or go away."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import DEADLINE, Command, Kubectl, Server, Stage, deployment
from tests.e2e.refusals import Refusal, nothing_happens, refused

from cantata.client import Client
from cantata.errors import Category
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

INVALID, UNAVAILABLE, FORBIDDEN = Category.INVALID, Category.UNAVAILABLE, Category.FORBIDDEN
QUICKLY = 10.0
"""Seconds in which a deploy must say that its cluster is gone."""

Edit = Callable[[dict[str, Any], dict[str, Any]], object]


def kubeconfig_of(sandbox: Sandbox) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(Kubectl(sandbox).run("config", "view", "--raw", "-o", "json"))
    return shown


def edited(sandbox: Sandbox, edit: Edit) -> str:
    """The sandbox's kubeconfig with its cluster and its user changed, as text."""
    whole = copy.deepcopy(kubeconfig_of(sandbox))
    edit(whole["clusters"][0]["cluster"], whole["users"][0]["user"])
    return json.dumps(whole)


def as_user(token: str) -> Edit:
    def edit(_cluster: dict[str, Any], user: dict[str, Any]) -> None:
        user.clear()
        user["token"] = token

    return edit


@pytest.fixture(scope="module")
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


TEXTS: dict[str, tuple[str, Refusal]] = {
    "no YAML": (
        "clusters: [\n",
        Refusal("YamlInvalid", INVALID, "kubeconfig of cluster NAME:1:11", "", "kubeconfig of cluster NAME"),
    ),
    "a wrong type": (
        "clusters: 3\n",
        Refusal(
            "KubeconfigInvalid",
            INVALID,
            "kubeconfig of cluster NAME",
            "clusters",
            "cluster NAME",
            "--flatten",
        ),
    ),
    "no context": (
        "{}\n",
        Refusal(
            "KubeconfigInvalid",
            INVALID,
            "kubeconfig of cluster NAME (current-context)",
            "no current context",
            "cluster NAME",
        ),
    ),
    "an unknown context": (
        "{current-context: prod, contexts: [{name: dev, context: {cluster: c}}]}\n",
        Refusal(
            "KubeconfigInvalid",
            INVALID,
            "kubeconfig of cluster NAME (current-context)",
            "'prod'",
            "context prod",
            "Known are: dev",
        ),
    ),
}


@pytest.mark.parametrize(("text", "refusal"), TEXTS.values(), ids=TEXTS)
async def test_a_bad_kubeconfig_is_refused(
    text: str, refusal: Refusal, client: Client, namespace: str
) -> None:
    async with nothing_happens(client):
        await refused(lambda: client.clusters.add(namespace, text), refusal, namespace)


LOCAL: dict[str, Edit] = {
    "users.{user}.exec": lambda _, user: user.update(exec={"command": "/bin/sh"}),
    "users.{user}.tokenFile": lambda _, user: user.update(tokenFile="/etc/passwd"),
    "clusters.{cluster}.certificate-authority": lambda cluster, _: cluster.update(
        {"certificate-authority": "/etc/passwd"}
    ),
}


@pytest.mark.parametrize(("key", "edit"), LOCAL.items(), ids=LOCAL)
async def test_a_kubeconfig_cannot_read_the_server_s_files_or_start_programs(
    key: str, edit: Edit, client: Client, sandbox: Sandbox, namespace: str
) -> None:
    whole = kubeconfig_of(sandbox)
    names = {"user": whole["users"][0]["name"], "cluster": whole["clusters"][0]["name"]}
    place = f"kubeconfig of cluster NAME ({key.format(**names)})"
    refusal = Refusal("KubeconfigInvalid", INVALID, place, "only inline", "cluster NAME", "--flatten")
    async with nothing_happens(client):
        await refused(lambda: client.clusters.add(namespace, edited(sandbox, edit)), refusal, namespace)


async def test_a_cluster_that_does_not_answer_is_not_registered(
    client: Client, command: Command, sandbox: Sandbox, closed_port: int, namespace: str, tmp_path: Path
) -> None:
    text = edited(sandbox, lambda cluster, _: cluster.update(server=f"https://127.0.0.1:{closed_port}"))
    refusal = Refusal(
        "ClusterUnreachable",
        UNAVAILABLE,
        "",
        f"127.0.0.1:{closed_port}",
        "cluster NAME",
        "Is the cluster running",
    )
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    async with nothing_happens(client):
        await refused(lambda: client.clusters.add(namespace, text), refusal, namespace)
        done = command.run("cluster", "add", namespace, "--kubeconfig", str(file))
        refusal.check_command(done, namespace)


async def test_a_cluster_that_is_none_is_not_registered(
    client: Client, server: Server, sandbox: Sandbox, namespace: str
) -> None:
    def elsewhere(cluster: MutableMapping[str, Any], _user: MutableMapping[str, Any]) -> None:
        cluster.clear()
        cluster["server"] = server.url

    text = edited(sandbox, elsewhere)
    refusal = Refusal(
        "ClusterProtocolError", UNAVAILABLE, "", "not as a Kubernetes API", "cluster NAME", "address"
    )
    async with nothing_happens(client):
        await refused(lambda: client.clusters.add(namespace, text), refusal, namespace)


async def test_a_cluster_of_another_authority_is_not_registered(
    client: Client, sandbox: Sandbox, namespace: str
) -> None:
    text = edited(sandbox, lambda cluster, _: cluster.pop("certificate-authority-data"))
    refusal = Refusal(
        "ClusterUntrusted", UNAVAILABLE, "", "not trusted", "cluster NAME", "certificate-authority-data"
    )
    async with nothing_happens(client):
        await refused(lambda: client.clusters.add(namespace, text), refusal, namespace)


async def test_a_cluster_that_forbids_is_not_registered(
    client: Client, command: Command, sandbox: Sandbox, namespace: str, tmp_path: Path
) -> None:
    nobody = sandbox.tokens["nobody"]
    text = edited(sandbox, as_user(nobody))
    refusal = Refusal("ClusterForbidden", FORBIDDEN, "", "nobody", "cluster NAME", "RBAC")
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    async with nothing_happens(client):
        await refused(lambda: client.clusters.add(namespace, text), refusal, namespace)
        done = command.run("cluster", "add", namespace, "--kubeconfig", str(file))
        refusal.check_command(done, namespace)
    assert nobody not in done.stderr


async def test_a_credential_that_the_cluster_does_not_know_is_not_registered(
    client: Client, server: Server, sandbox: Sandbox, namespace: str
) -> None:
    token = "no-such-token"
    refusal = Refusal("ClusterUnauthorized", UNAVAILABLE, "", "", "cluster NAME", "credential")
    async with nothing_happens(client):
        text = edited(sandbox, as_user(token))
        await refused(lambda: client.clusters.add(namespace, text), refusal, namespace)
    assert token not in server.log


async def test_a_cluster_that_lets_us_read_alone_fails_the_deploy_and_no_other_one(
    stage: Stage, kubectl: Kubectl, sandbox: Sandbox
) -> None:
    client, name = stage.client, stage.name
    kubectl.run("create", "namespace", name)
    await client.clusters.add(name, edited(sandbox, as_user(sandbox.tokens["viewer"])))
    await stage.application({"templates/web.yaml": deployment("web")}, cluster=name)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "failed"
    for word in ("viewer", f"{name}-web", "cannot patch"):
        assert word in operation.error, operation
    assert kubectl.items("deployments", "-n", name) == []
    assert (await client.health()).ok


@pytest.fixture
def throw_away(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that the test may stop."""
    sandbox = Sandbox("gone", tmp_path)
    sandbox.start(nodes=1, owner=os.getpid())
    yield sandbox
    sandbox.remove()


async def test_a_cluster_that_goes_away_is_unknown_and_not_deployed_to(
    stage: Stage, command: Command, throw_away: Sandbox
) -> None:
    client, name = stage.client, stage.name
    await client.clusters.add(name, throw_away.kubeconfig.read_text())
    draft = await stage.application({"templates/web.yaml": deployment("web")}, cluster=name)
    assert (operation := await stage.deploy()) is not None
    assert operation.state == "succeeded", operation
    throw_away.stop()
    status = await stage.status()
    assert status.state == "unknown", status
    assert "cannot be reached" in status.services[0].message
    refusal = Refusal(
        "ClusterUnreachable", UNAVAILABLE, "", "cannot be reached", "", "Is the cluster running"
    )
    async with nothing_happens(client):
        for act in (
            stage.deploy,
            lambda: client.applications.preview(name),
            lambda: client.applications.rollback(name, 1),
        ):
            began = time.monotonic()
            await refused(act, refusal, name)
            assert time.monotonic() - began < QUICKLY
        refusal.check_command(command.run("app", "deploy", name), name)
    throw_away.start(nodes=1, owner=os.getpid())
    until = time.monotonic() + DEADLINE
    while (await stage.status()).state != "ready":
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    assert (await stage.ended(await client.applications.delete(name))).state == "succeeded"
    await client.clusters.remove(name)
    await client.clusters.add(name, throw_away.kubeconfig.read_text())
    await client.applications.create(draft)
    assert (operation := await stage.deploy()) is not None
    assert operation.state == "succeeded", operation
