"""The bridge between a client's WebSocket and a process or port in a pod.

Both ways one message at a time is taken and handed on, so that whoever is slow slows the other end; nothing
is kept here. What fails is told in a last message, since a WebSocket has no status.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from cantata.actions.enter_pod import reach_port, run_in_pod
from cantata.actions.ports import Ports
from cantata.api.errors import RequestInvalid
from cantata.api.lasting import Refused
from cantata.contract.errors import error_info
from cantata.contract.pods import (
    EndedInfo,
    FailedInfo,
    ForwardRequest,
    InputEndRequest,
    OpenedInfo,
    Opening,
    ResizeRequest,
    RunRequest,
    Saying,
    Telling,
)
from cantata.core.model.access import Actor
from cantata.errors import CantataError, InternalError
from cantata.ports import Channel, Process, Tunnel

log = logging.getLogger("cantata.api")

Socket = WebSocket[Any, Any, Any]

OPENING_SECONDS = 10.0
"""How long a client may take to say what it wants."""
MOST_WORDS = 1000
LONGEST = 64 * 1024
"""Bounds of a command: it becomes part of a URL of kube-apiserver."""
SIZES = range(1, 10_000)
PORTS = range(1, 65536)


async def hold_session(
    socket: Socket,
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    service: str,
    refused: Refused,
) -> None:
    """Until its end, or until it is `refused`, which is told."""
    await socket.accept()
    session = Session(socket, refused)
    ended: EndedInfo | FailedInfo
    try:
        opening = await session.opening()
        if isinstance(opening, RunRequest):
            ended = await session.run(ports, actor, project, name, service, opening)
        else:
            ended = await session.forward(ports, actor, project, name, service, opening)
    except WebSocketDisconnect:
        return
    except CantataError as error:
        ended = FailedInfo(error_info(error))
    except Exception:
        number = secrets.token_hex(4)
        log.exception("error %s in a session of a pod", number)
        hint = f"The server's log tells more under error {number}."
        ended = FailedInfo(error_info(InternalError("the server failed at this session", hint=hint)))
    await session.end(ended)


class Session:
    def __init__(self, socket: Socket, refused: Refused) -> None:
        self._socket = socket
        self._refused = refused

    async def opening(self) -> Opening:
        """Raises `RequestInvalid`."""
        try:
            async with asyncio.timeout(OPENING_SECONDS):
                content = await self._receive()
        except TimeoutError as error:
            raise RequestInvalid("the client does not say what it wants", subject="session") from error
        opening: Opening = _decode(content, Opening)
        return opening

    async def run(
        self, ports: Ports, actor: Actor, project: str, name: str, service: str, wanted: RunRequest
    ) -> EndedInfo:
        if len(wanted.command) > MOST_WORDS or sum(map(len, wanted.command)) > LONGEST:
            raise RequestInvalid("the command is too long", subject="session")
        async with run_in_pod(
            ports,
            actor,
            project,
            name,
            service,
            wanted.command,
            pod=wanted.pod,
            container=wanted.container,
            stdin=wanted.stdin,
            tty=wanted.tty,
        ) as (pod, container, process):
            await self._tell(OpenedInfo(pod.name, container.name))
            await self._both(self._to_process(process), self._from_process(process))
            return EndedInfo(process.exit_code)

    async def forward(
        self, ports: Ports, actor: Actor, project: str, name: str, service: str, wanted: ForwardRequest
    ) -> EndedInfo:
        if wanted.port not in PORTS:
            raise RequestInvalid(f"{wanted.port} is not a port", subject="session")
        async with reach_port(ports, actor, project, name, service, wanted.port, pod=wanted.pod) as (
            pod,
            tunnel,
        ):
            await self._tell(OpenedInfo(pod.name))
            await self._both(self._to_tunnel(tunnel), self._from_tunnel(tunnel))
            return EndedInfo()

    async def end(self, ended: Telling) -> None:
        try:
            await self._tell(ended)
            await self._socket.close()
        except (WebSocketDisconnect, OSError, RuntimeError):
            return  # Whoever has gone need not be told.

    async def _both(self, there: Awaitable[None], back: Awaitable[None]) -> None:
        """Until what comes back has ended, or the client has gone. Input ends without an end of the whole.
        Raises why it is refused."""
        down, up = asyncio.ensure_future(back), asyncio.ensure_future(there)
        end = asyncio.ensure_future(self._refused())
        try:
            going: set[asyncio.Future[Any]] = {down, up, end}
            while not down.done():
                done, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
                if end in done:
                    raise end.result()
                if up in done:
                    up.result()
            await down
        finally:
            for task in (down, up, end):
                task.cancel()
            await asyncio.gather(down, up, end, return_exceptions=True)

    async def _to_process(self, process: Process) -> None:
        async for content in self._messages():
            if isinstance(content, bytes):
                if content[:1] != bytes([Channel.INPUT]):
                    raise RequestInvalid("data is of no stream that a process reads", subject="session")
                await process.write(content[1:])
                continue
            said = _decode(content, Saying)
            if isinstance(said, InputEndRequest):
                await process.end_input()
            else:
                await _resize(process, said)

    async def _from_process(self, process: Process) -> None:
        async for channel, data in process:
            await self._socket.send_bytes(bytes([channel]) + data)

    async def _to_tunnel(self, tunnel: Tunnel) -> None:
        async for content in self._messages():
            if not isinstance(content, bytes):
                raise RequestInvalid("a port takes data alone", subject="session")
            await tunnel.write(content)

    async def _from_tunnel(self, tunnel: Tunnel) -> None:
        async for data in tunnel:
            await self._socket.send_bytes(data)

    async def _messages(self) -> AsyncIterator[str | bytes]:
        while True:
            yield await self._receive()

    async def _receive(self) -> str | bytes:
        """Raises `WebSocketDisconnect`."""
        receive: Callable[[], Awaitable[Any]] = self._socket.receive
        message = await receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(detail="the client has gone")
        text, data = message.get("text"), message.get("bytes")
        found: str | bytes = text if text is not None else data or b""
        return found

    async def _tell(self, told: Telling) -> None:
        await self._socket.send_text(msgspec.json.encode(told).decode())


def _decode(content: str | bytes, kind: Any) -> Any:
    """Raises `RequestInvalid`."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RequestInvalid(f"a message is wrong: {error}", subject="session") from error


async def _resize(process: Process, size: ResizeRequest) -> None:
    if size.width in SIZES and size.height in SIZES:
        await process.resize(size.width, size.height)
