"""Real HTTP servers on loopback: a repository as people serve one, and servers that misbehave."""

from __future__ import annotations

import hashlib
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(routes: Mapping[str, Handler], secure: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serves any method at each of `routes` and gives the address."""
    app = web.Application(client_max_size=1 << 26)
    for path, handler in routes.items():
        app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=secure)
    await site.start()
    try:
        yield f"{'https' if secure else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@dataclass(slots=True)
class Repository:
    """Files with ETags, behind a login when there is a `user`. `seen` are the requests."""

    files: dict[str, bytes] = field(default_factory=dict)
    user: str = ""
    seen: list[web.Request] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        if self.user:
            wanted = f"Basic {b64encode(self.user.encode()).decode()}"
            if request.headers.get("Authorization") != wanted:
                return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="charts"'})
        content = self.files.get(request.path)
        if content is None:
            return web.Response(status=404)
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        response = web.Response(body=content, headers={"ETag": etag})
        response.enable_compression()
        return response

    @property
    def routes(self) -> Mapping[str, Handler]:
        return {"/{path:.*}": self.serve}
