"""The pods of services, over HTTP and WebSockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from cantata.client.errors import AnswerInvalid, ServerUnreachable
from cantata.client.noun import Noun
from cantata.contract.errors import RemoteError
from cantata.contract.pods import (
    INPUT,
    DebugInfo,
    DebugRequest,
    EndedInfo,
    FailedInfo,
    ForwardRequest,
    InputEndRequest,
    LogLineInfo,
    OpenedInfo,
    PodInfo,
    ResizeRequest,
    RunRequest,
    Telling,
)

PIECE = 32 * 1024


class PodSession:
    """A process or a port in a pod. Iterating gives the messages of bytes until it has ended."""

    def __init__(self, url: str, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._url = url
        self._socket = socket
        self.opened = OpenedInfo("")
        self.exit_code = 0

    async def begin(self, wanted: RunRequest | ForwardRequest) -> None:
        """Raises `RemoteError`."""
        await self._say(wanted)
        told = await anext(self._messages(), None)
        if not isinstance(told, OpenedInfo):
            raise AnswerInvalid(self._url, "a session begins in another way")
        self.opened = told

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises `RemoteError`, and `ServerUnreachable` when the session breaks off."""
        async for message in self._messages():
            if isinstance(message, EndedInfo):
                self.exit_code = message.exit_code
                return
            if isinstance(message, bytes):
                yield message
        raise ServerUnreachable(self._url, "the session broke off")

    async def write(self, data: bytes) -> None:
        """Input of a process."""
        for start in range(0, len(data), PIECE):
            await self._socket.send_bytes(bytes([INPUT]) + data[start : start + PIECE])

    async def send(self, data: bytes) -> None:
        """Data for a port."""
        for start in range(0, len(data), PIECE):
            await self._socket.send_bytes(data[start : start + PIECE])

    async def end_input(self) -> None:
        await self._say(InputEndRequest())

    async def resize(self, width: int, height: int) -> None:
        await self._say(ResizeRequest(width, height))

    async def _say(self, said: msgspec.Struct) -> None:
        await self._socket.send_str(msgspec.json.encode(said).decode())

    async def _messages(self) -> AsyncIterator[bytes | Telling]:
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                yield message.data
                continue
            try:
                told: Telling = msgspec.json.decode(message.data, type=Telling)
            except msgspec.MsgspecError as error:
                raise AnswerInvalid(self._url, str(error)) from error
            if isinstance(told, FailedInfo):
                raise RemoteError(told.error)
            yield told


class Pods(Noun):
    path = "applications"

    async def list(self, application: str, service: str) -> tuple[PodInfo, ...]:
        """Those that can be talked to first."""
        return await self._connection.get(self._of(application, service, "pods"), tuple[PodInfo, ...])

    def logs(
        self,
        application: str,
        service: str,
        *,
        follow: bool = False,
        previous: bool = False,
        tail: int | None = None,
        since_seconds: int | None = None,
        pod: str = "",
        container: str = "",
    ) -> AsyncIterator[LogLineInfo]:
        """Lines of all pods that there are now, merged as they come."""
        query = {
            "follow": str(follow).lower(),
            "previous": str(previous).lower(),
            "tail": tail,
            "sinceSeconds": since_seconds,
            "pod": pod,
            "container": container,
        }
        said = {key: value for key, value in query.items() if value is not None}
        return self._connection.lines(self._of(application, service, "logs"), LogLineInfo, said)

    async def debug(self, application: str, service: str, request: DebugRequest) -> DebugInfo:
        at = self._of(application, service, "debug")
        return await self._connection.send("POST", at, DebugInfo, body=request)

    @asynccontextmanager
    async def session(
        self, application: str, service: str, wanted: RunRequest | ForwardRequest
    ) -> AsyncIterator[PodSession]:
        """Raises `SessionRefused`, `RemoteError`."""
        async with self._connection.websocket(self._of(application, service, "session")) as socket:
            session = PodSession(self._connection.url, socket)
            await session.begin(wanted)
            yield session

    def _of(self, application: str, service: str, what: str) -> str:
        return self._at(application, "services", service, what)
