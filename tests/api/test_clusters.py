"""Credentials of a cluster renewed, against something that answers as little of Kubernetes as that takes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from aiohttp import web
from tests.api.conftest import PROJECT, Http, assert_error

from cantata.errors import CantataError
from cantata.server.compose import Composed

CLUSTERS = f"{PROJECT}/clusters"


class Kubernetes:
    """The namespace `kube-system` of a cluster, for those who hold one of its tokens."""

    def __init__(self, uid: str) -> None:
        self.uid = uid
        self.tokens = {"first-token", "second-token"}
        self.asked: list[str] = []
        self.url = ""

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._namespace)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return runner

    async def _namespace(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.asked.append(token)
        if token not in self.tokens:
            status = {"kind": "Status", "apiVersion": "v1", "code": 401, "reason": "Unauthorized"}
            return web.json_response(status, status=401)
        metadata = {"name": "kube-system", "uid": self.uid, "resourceVersion": "1"}
        return web.json_response({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def kubeconfig(self, token: str) -> str:
        return json.dumps(
            {
                "current-context": "a",
                "clusters": [{"name": "a", "cluster": {"server": self.url}}],
                "users": [{"name": "a", "user": {"token": token}}],
                "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            }
        )


@pytest.fixture
async def kubernetes() -> AsyncIterator[Kubernetes]:
    made = Kubernetes("uid-1")
    runner = await made.start()
    yield made
    await runner.cleanup()


@pytest.fixture
async def registered(admin: Http, kubernetes: Kubernetes) -> Http:
    draft = {"name": "here", "kubeconfigText": kubernetes.kubeconfig("first-token")}
    made = await admin.post(CLUSTERS, json=draft)
    assert made.status_code == 201, made.text
    return admin


async def test_an_open_client_takes_the_new_credentials(
    registered: Http, kubernetes: Kubernetes, parts: Composed
) -> None:
    session = await parts.ports.clusters.get("default", "here")
    await session.cluster.uid()
    edited = await registered.put(
        f"{CLUSTERS}/here", json={"kubeconfigText": kubernetes.kubeconfig("second-token")}
    )
    assert edited.status_code == 200, edited.text
    assert (edited.json()["name"], edited.json()["uid"]) == ("here", "uid-1")
    kubernetes.tokens.discard("first-token")
    kubernetes.asked.clear()
    assert await parts.ports.clusters.get("default", "here") is session
    with suppress(CantataError):  # There is no discovery to be asked.
        await session.cluster.refresh_discovery()
    assert set(kubernetes.asked) == {"second-token"}
    record = (await registered.get(f"{PROJECT}/audit")).json()["items"][0]
    assert (record["verb"], record["noun"], record["name"]) == ("edit", "cluster", "here")
    told = (
        edited.text + (await registered.get(CLUSTERS)).text + (await registered.get(f"{PROJECT}/audit")).text
    )
    assert "-token" not in told


async def test_credentials_that_do_not_work_change_nothing(registered: Http, kubernetes: Kubernetes) -> None:
    before = (await registered.get(CLUSTERS)).json()
    wrong = {"kubeconfigText": kubernetes.kubeconfig("wrong-token")}
    refused = await registered.put(f"{CLUSTERS}/here", json=wrong)
    assert not refused.is_success
    assert "wrong-token" not in refused.text
    other = Kubernetes("uid-2")
    runner = await other.start()
    try:
        elsewhere = {"kubeconfigText": other.kubeconfig("first-token")}
        assert_error(await registered.put(f"{CLUSTERS}/here", json=elsewhere), 409, "ClusterIsAnother")
        assert_error(await registered.put(f"{CLUSTERS}/there", json=elsewhere), 404, "ClusterNotFound")
    finally:
        await runner.cleanup()
    assert (await registered.get(CLUSTERS)).json() == before


@pytest.mark.usefixtures("registered")
async def test_only_admins_renew_credentials(
    kubernetes: Kubernetes, anyone: Http, tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['operator']}"}
    body = {"kubeconfigText": kubernetes.kubeconfig("second-token")}
    assert_error(await anyone.put(f"{CLUSTERS}/here", json=body, headers=headers), 403, "Forbidden")
