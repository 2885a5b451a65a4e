"""The server process: what was put together, run until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

import uvicorn

from cantata.actions.stock_market import stock_market
from cantata.errors import CantataError, Category
from cantata.server.compose import composed
from cantata.server.data_dir import examples_folder, write_private
from cantata.settings import Settings

log = logging.getLogger(__name__)

GRACE_SECONDS = 5
"""How long open streams may finish when the server stops."""

MESSAGE_BYTES = 1024 * 1024
"""How large a message of a WebSocket may be."""

BACKLOG = 2048
"""Connections that may wait to be accepted, from before the server is announced."""


class AddressTaken(CantataError):
    category = Category.UNAVAILABLE


async def serve(settings: Settings, say: Callable[[str], None] = print) -> None:
    """Runs until SIGINT or SIGTERM. Raises `AddressTaken`, and what opening the parts raises."""
    listener = listen(settings.host, settings.port)
    url = url_of(settings.host, listener.getsockname()[1])
    async with composed(settings, say) as parts:
        if parts.first_start:
            await stock_market(parts.ports, examples_folder())
        loops = [asyncio.create_task(loop.run(), name=type(loop).__name__) for loop in parts.loops]
        config = uvicorn.Config(
            parts.app,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_SECONDS,
            access_log=False,
            ws="wsproto",
            ws_max_size=MESSAGE_BYTES,
            ws_per_message_deflate=False,
            ws_ping_timeout=None,  # Who reads slowly does not answer: that must not end a session.
            proxy_headers=False,  # The sources of triggers are addresses of peers, which nobody can claim.
        )
        server = QuietServer(config)
        stop = asyncio.create_task(_stop_when_ended(loops, server))
        write_private(settings.server_file, json.dumps({"url": url, "pid": os.getpid()}))
        say(f"cantata serves {url}")
        try:
            await server.serve(sockets=[listener])
        finally:
            with suppress(FileNotFoundError):
                settings.server_file.unlink()
            # One after the other, backwards: operations keep the leases under which the collector deletes.
            outcomes: list[BaseException | None] = []
            for task in (stop, *reversed(loops)):
                task.cancel()
                outcomes += await asyncio.gather(task, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome


class QuietServer(uvicorn.Server):
    """Ends on SIGINT and SIGTERM without raising the signal once more at the end."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        running = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            running.add_signal_handler(number, self._end)
        await self._serve(sockets)

    def _end(self) -> None:
        self.should_exit = True


async def _stop_when_ended(loops: Sequence[asyncio.Task[None]], server: uvicorn.Server) -> None:
    """A loop never ends by itself: when one does, the server must not go on without it."""
    await asyncio.wait(loops, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    # With the protocol named, the event loop sets TCP_NODELAY on what is accepted; else every answer of two
    # packets waits 40 ms for an acknowledgement.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressTaken(
            f"{host}:{port} cannot be listened on: {error.strerror}",
            subject=f"{host}:{port}",
            hint="Choose another port with CANTATA_PORT, or end the server that has this one.",
        ) from error
    return listener


def url_of(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
