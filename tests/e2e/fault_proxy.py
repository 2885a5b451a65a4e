"""A cluster that lies: a loopback proxy before the sandbox's API server, which spoils answers on request.

Everything passes through it as it is until a `Fault` says otherwise. A fault is lifted by leaving its block,
and counts what it spoiled, so that a test can tell that it happened at all.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from tests.e2e.conftest import Kubectl

from cantata.sandbox import Sandbox

HOP_BY_HOP = frozenset({"host", "connection", "transfer-encoding", "content-length", "content-encoding"})
Spoil = Callable[["Exchange"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Exchange:
    """One request under way: `ask` sends it on, `answer` hands on what came."""

    proxy: FaultProxy
    request: web.Request
    body: bytes

    @property
    def is_watch(self) -> bool:
        return self.request.query.get("watch") in ("true", "1")

    @property
    def is_list(self) -> bool:
        """Of objects, whole or as metadata: what has neither a name nor a watch."""
        segments = self.request.path.strip("/").split("/")
        depth = (3 if segments[0] == "apis" else 2) + (2 if "namespaces" in segments[:-1] else 0)
        return self.request.method == "GET" and not self.is_watch and len(segments) == depth + 1

    @property
    def is_write(self) -> bool:
        return self.request.method != "GET" and "dryRun" not in self.request.query

    async def ask(self) -> tuple[int, dict[str, str], bytes]:
        async with self.proxy.send(self.request, self.body) as answer:
            return answer.status, _kept(answer.headers), await answer.read()

    async def answer(self) -> web.StreamResponse:
        async with self.proxy.send(self.request, self.body) as answer:
            response = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
            await response.prepare(self.request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response

    def hang_up(self) -> None:
        assert self.request.transport is not None
        self.request.transport.abort()


@dataclass
class Fault:
    """`spoil` answers what `concerns` picks."""

    concerns: Callable[[Exchange], bool]
    spoil: Spoil
    spoiled: list[str] = field(default_factory=list)


class FaultProxy:
    def __init__(self, server: str, tls: ssl.SSLContext) -> None:
        self._server = server
        self._tls = tls
        self._session = aiohttp.ClientSession(auto_decompress=False)
        self._faults: list[Fault] = []
        self._open: dict[int, web.Request] = {}
        self.url = ""

    @asynccontextmanager
    async def fault(self, concerns: Callable[[Exchange], bool], spoil: Spoil) -> AsyncIterator[Fault]:
        """Begins and ends with all open answers broken off, so that watches come again."""
        fault = Fault(concerns, spoil)
        self._faults.append(fault)
        self.break_off()
        try:
            yield fault
        finally:
            self._faults.remove(fault)
            self.break_off()

    def break_off(self) -> None:
        for request in list(self._open.values()):
            if request.transport is not None:
                request.transport.abort()

    def send(self, request: web.Request, body: bytes) -> Any:
        headers = {name: text for name, text in request.headers.items() if name.lower() not in HOP_BY_HOP}
        headers["Accept-Encoding"] = "identity"
        url = f"{self._server}{request.raw_path}"
        return self._session.request(request.method, url, headers=headers, data=body or None, ssl=self._tls)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        exchange = Exchange(self, request, await request.read())
        fault = next((each for each in self._faults if each.concerns(exchange)), None)
        self._open[id(request)] = request
        try:
            if fault is None:
                return await exchange.answer()
            fault.spoiled.append(f"{request.method} {request.path}")
            return await fault.spoil(exchange)
        except (aiohttp.ClientError, ConnectionError) as error:
            raise web.HTTPBadGateway(text=str(error)) from error
        finally:
            self._open.pop(id(request), None)

    async def close(self) -> None:
        self.break_off()
        await self._session.close()


@asynccontextmanager
async def fault_proxy(sandbox: Sandbox) -> AsyncIterator[FaultProxy]:
    shown: dict[str, Any] = json.loads(Kubectl(sandbox).run("config", "view", "--raw", "-o", "json"))
    cluster = shown["clusters"][0]["cluster"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    proxy = FaultProxy(cluster["server"], ssl.create_default_context(cadata=authority))
    everything = web.Application(client_max_size=1 << 26)
    everything.router.add_route("*", "/{path:.*}", proxy.handle)
    runner = web.AppRunner(everything, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    proxy.url = f"http://{host}:{port}"
    try:
        yield proxy
    finally:
        await proxy.close()
        await runner.cleanup()


def kubeconfig(proxy: FaultProxy, token: str) -> str:
    return json.dumps(
        {
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "clusters": [{"name": "it", "cluster": {"server": proxy.url}}],
            "users": [{"name": "it", "user": {"token": token}}],
        }
    )


def status(code: int, reason: str, **headers: str) -> Spoil:
    """An answer of this status, and the request is not sent on."""

    async def spoil(_exchange: Exchange) -> web.StreamResponse:
        text = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(text, status=code, headers=told)

    return spoil


async def lose_the_answer(exchange: Exchange) -> web.StreamResponse:
    """What was asked is done, and nobody is told."""
    await exchange.ask()
    exchange.hang_up()
    return web.Response()


async def cut(exchange: Exchange) -> web.StreamResponse:
    """Half of the answer, then the connection ends as if that were all."""
    code, headers, body = await exchange.ask()
    response = web.Response(status=code, headers=headers, body=body[: len(body) // 2])
    response.force_close()
    return response


def listing(edit: Callable[[dict[str, Any]], object]) -> Spoil:
    """A list with something wrong in it that is a list all the same."""

    async def spoil(exchange: Exchange) -> web.StreamResponse:
        code, headers, body = await exchange.ask()
        answer = json.loads(body)
        if "items" in answer:
            edit(answer)
        return web.Response(status=code, headers=headers, body=json.dumps(answer).encode())

    return spoil


async def say_nothing(exchange: Exchange) -> web.StreamResponse:
    """A watch that is open and never tells anything."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(exchange.request)
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    return response


def _kept(headers: Any) -> dict[str, str]:
    return {name: text for name, text in headers.items() if name.lower() not in HOP_BY_HOP}
