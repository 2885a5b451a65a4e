"""A small scripted server that plays a broken API server, and the client pointed at it.

It is no imitation of an API server: each test says what is answered to the next request of a path.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from aiohttp import web

from cantata.core.model.objects import GVK, Resource
from cantata.kube import ClusterAccess, KubeCluster, Limits, Source, UserAccess

CONFIG_MAPS = Resource(GVK("", "v1", "ConfigMap"), "configmaps", True)
FAST = Limits(
    file_check_seconds=0.05,
    retry_seconds=20,
    retry_pause=0.01,
    informer_pause=0.01,
    informer_pause_most=0.05,
    body_bytes=100_000,
    event_bytes=20_000,
    log_line_bytes=100,
    watch_idle_seconds=0.3,
)

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]

DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList",
        "resources": [
            {"name": "configmaps", "kind": "ConfigMap", "namespaced": True, "verbs": ["list", "watch"]},
            {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["list"]},
            {"name": "pods/log", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
        ],
    },
    "/version": {"gitVersion": "v1.36.3"},
}


def config_map(name: str, version: str = "1", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": version}
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": data}


def listed(*objects: dict[str, Any], version: str = "1", token: str = "") -> Reply:
    metadata = {"resourceVersion": version, "continue": token}
    return answer({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": metadata, "items": list(objects)})


def event(kind: str, content: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": kind, "object": content}) + b"\n"


def answer(document: Any, status: int = 200, **headers: str) -> Reply:
    async def reply(_request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(
            body=msgspec.json.encode(document),
            status=status,
            headers={"Content-Type": "application/json", **named},
        )

    return reply


def refused(code: int, reason: str, message: str, **headers: str) -> Reply:
    status = {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code}
    return answer(status, code, **headers)


def text(body: str, status: int = 200, content_type: str = "text/plain", **headers: str) -> Reply:
    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=status, content_type=content_type, headers=headers)

    return reply


def streamed(*chunks: bytes, hold: bool = False, status: int = 200) -> Reply:
    """Sends the chunks, then ends, or with `hold` says nothing more and stays open."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
            await asyncio.sleep(0)
        if hold:
            await asyncio.Event().wait()
        return response

    return reply


def broken_off(*chunks: bytes) -> Reply:
    """Sends the chunks, then breaks the connection in the middle of the answer."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        await asyncio.sleep(0)
        assert request.transport is not None
        request.transport.abort()
        return response

    return reply


async def hung_up(request: web.Request) -> web.StreamResponse:
    """Ends the connection without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


class Script:
    """Replies by path, in order; the last one stays. A watch has its own script: `watch <path>`."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = defaultdict(list)
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.peers: list[dict[str, Any]] = []
        self.url = ""
        for path, document in DISCOVERY.items():
            self.on(path, answer(document))

    def on(self, path: str, *replies: Reply) -> None:
        self.replies[path] = list(replies)

    def count(self, path: str, *, watch: bool = False) -> int:
        return len(self.asked(path, watch=watch))

    def asked(self, path: str, *, watch: bool = False) -> list[web.Request]:
        return [r for r in self.requests if r.path == path and ("watch" in r.query) == watch]

    async def play(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        assert request.transport is not None
        self.peers.append(request.transport.get_extra_info("peercert") or {})
        self.bodies.append(await request.read())
        replies = self.replies[f"watch {request.path}" if "watch" in request.query else request.path]
        if not replies:
            return web.Response(status=404, text="404 page not found")
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return await reply(request)


async def serve(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Script]:
    application = web.Application(client_max_size=2**24)
    application.router.add_route("*", "/{path:.*}", script.play)
    runner = web.AppRunner(application, shutdown_timeout=0.01, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    script.url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
    yield script
    await runner.cleanup()


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    async for served in serve(Script()):
        yield served


@pytest.fixture
async def cluster(script: Script) -> AsyncIterator[KubeCluster]:
    user = UserAccess(token=Source(data=b"very-secret-token"))
    cluster = KubeCluster(ClusterAccess("played", script.url, user=user), FAST)
    yield cluster
    await cluster.close()


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Waits for a condition of the cluster, with a deadline."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - the cluster tells no event for it
            await asyncio.sleep(0.05)


async def eventually(holds: Callable[[], object], seconds: float = 5.0) -> None:
    """Waits for a condition, with a deadline."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - any condition of the world may be waited for
            await asyncio.sleep(0.005)
