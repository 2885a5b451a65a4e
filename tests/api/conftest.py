"""The real application in process: a real store, real render workers, no cluster."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn
from litestar import Litestar

from cantata.actions.access import new_token, token_digest
from cantata.actions.register_cluster import Credentials
from cantata.client import Client
from cantata.core.model.access import Cluster, Role
from cantata.core.model.applications import Application
from cantata.ports import Records
from cantata.server.compose import Composed, composed
from cantata.server.run import listen
from cantata.settings import load_settings

Http = httpx.AsyncClient

PROJECT = "/api/v1/projects/default"
SHOP = {"name": "shop-dev", "template": "shop", "config": "dev"}
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "a",
    "clusters": [{"name": "a", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "a", "user": {"token": "the-secret-token"}}],
    "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
}
"""Of a cluster that nobody answers for."""


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Composed]:
    settings = load_settings({"CANTATA_DATA_DIR": str(tmp_path / "data"), "CANTATA_WORKERS": "1"})
    async with composed(settings, lambda _: None) as parts:
        yield parts


@pytest.fixture
async def tokens(parts: Composed) -> dict[str, str]:
    """A token of the project `default` for each role."""
    made = {role.value: new_token() for role in Role}

    def write(records: Records) -> None:
        for role, token in made.items():
            records.access.add_token(
                name=f"the-{role}", digest=token_digest(token), project="default", role=Role(role)
            )

    await parts.ports.store.write(write)
    return made


@pytest.fixture
async def anyone(parts: Composed) -> AsyncIterator[Http]:
    """Without a token."""
    async with in_process(parts.app) as client:
        yield client


@pytest.fixture
async def admin(parts: Composed, tokens: dict[str, str]) -> AsyncIterator[Http]:
    async with in_process(parts.app) as client:
        client.headers["Authorization"] = f"Bearer {tokens['admin']}"
        yield client


def in_process(app: Litestar) -> Http:
    """A client of the application in this event loop, where its ports live."""
    asgi: Any = app  # The two libraries write the same protocol in different types.
    transport = httpx.ASGITransport(asgi, raise_app_exceptions=False)
    return Http(transport=transport, base_url="http://cantata")


@pytest.fixture
async def shop(parts: Composed, admin: Http) -> Http:
    """With the template `shop`, the config `dev`, and a cluster that was registered and is down by now."""
    credentials = msgspec.json.encode(Credentials(KUBECONFIG))
    await parts.ports.store.write(
        lambda records: records.clusters.create(
            Cluster(
                id="",
                project="default",
                name="default",
                uid="1",
                server="v1.36",
                credentials=records.blobs.put_sealed(credentials),
                created_at="",
            )
        )
    )
    await admin.post(f"{PROJECT}/templates/shop/versions", content=chart("shop"))
    await admin.post(f"{PROJECT}/configs", json={"name": "dev", "text": "greeting: hi\n"})
    return admin


def assert_error(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The one error shape; gives the error back."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json"), answer.text
    error: dict[str, Any] = answer.json()
    assert set(error) == {"code", "category", "message", "subject", "hint", "place", "details"}
    assert set(error["place"]) == {"file", "line", "column", "key"}
    assert error["code"] == code, error
    assert error["message"]
    assert "Traceback" not in answer.text
    return error


def chart(name: str, files: Mapping[str, str] | None = None) -> bytes:
    """A small chart as .tgz."""
    everything = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n",
        "values.yaml": "greeting: hello\n",
        "templates/web.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n",
        **(files or {}),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in everything.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
async def url(parts: Composed) -> AsyncIterator[str]:
    """The application on a free port of this machine."""
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(parts.app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def client(url: str, tokens: dict[str, str]) -> AsyncIterator[Client]:
    async with Client(url, tokens["admin"]) as client:
        yield client


@pytest.fixture
async def application(parts: Composed, shop: Http) -> Application:
    """Its stream is what matters; nothing is deployed."""
    assert (await shop.post(f"{PROJECT}/applications", json=SHOP)).status_code == 201
    return await parts.ports.store.read(lambda records: records.applications.get("default", "shop-dev"))
