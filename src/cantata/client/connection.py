"""One HTTP connection pool to one server: requests out, typed answers or errors back."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
import msgspec

from cantata import __version__
from cantata.client.errors import AnswerInvalid, ServerUnreachable, SessionRefused
from cantata.contract.errors import ErrorInfo, RemoteError

T = TypeVar("T")

TRIES = 3
PAUSE_SECONDS = 0.2
TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=10)
STREAM_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
"""A stream beats every 15 s; after 60 s of silence it is dead."""

FAREWELL_SECONDS = 1.0
MESSAGE_BYTES = 4 * 1024 * 1024

Query = Mapping[str, str | int | Sequence[str] | None]
"""A sequence repeats its key."""


class Connection:
    """`url` is the server's root, without `/api`. Only reads are tried again."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, kind: type[T], query: Query | None = None) -> T:
        """Raises `RemoteError`, `ServerUnreachable`, `AnswerInvalid`."""
        for attempt in range(1, TRIES + 1):
            try:
                return await self.send("GET", path, kind, query=query)
            except ServerUnreachable:
                if attempt == TRIES:
                    raise
                await asyncio.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError("the last try returns or raises")

    async def send(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        body: msgspec.Struct | bytes | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Raises `RemoteError`, `ServerUnreachable`, `AnswerInvalid`."""
        data = body if isinstance(body, bytes) else msgspec.json.encode(body) if body is not None else None
        content_type = "application/gzip" if isinstance(body, bytes) else "application/json"
        sent = {**self._headers(), **(headers or {})} | ({"Content-Type": content_type} if data else {})
        try:
            async with self._open().request(
                method,
                self.url + path,
                data=io.BytesIO(data) if data else None,
                params=_params(query),
                headers=sent,
                timeout=TIMEOUT,
            ) as response:
                content = await response.read()
                if response.status >= 400:
                    raise self._error(response.status, content)
                return self._decode(content, kind)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    async def events(
        self, path: str, kind: type[T], since: int, query: Query | None = None
    ) -> AsyncIterator[T]:
        """Server-sent events above `since`, until the server ends the stream or the connection breaks
        (`ServerUnreachable`)."""
        headers = {**self._headers(), "Last-Event-ID": str(since), "Accept": "text/event-stream"}
        try:
            async with self._open().get(
                self.url + path,
                params=_params(query),
                headers=headers,
                timeout=STREAM_TIMEOUT,
                read_bufsize=1 << 20,
            ) as response:
                if response.status >= 400:
                    raise self._error(response.status, await response.read())
                async for line in response.content:
                    if line.startswith(b"data: "):
                        yield self._decode(line[6:].strip(), kind)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    async def lines(self, path: str, kind: type[T], query: Query | None = None) -> AsyncIterator[T]:
        """Lines of JSON, until the server ends them or the connection breaks (`ServerUnreachable`)."""
        try:
            async with self._open().get(
                self.url + path,
                headers=self._headers(),
                params=_params(query),
                timeout=STREAM_TIMEOUT,
                read_bufsize=1 << 20,
            ) as response:
                if response.status >= 400:
                    raise self._error(response.status, await response.read())
                async for line in response.content:
                    if line := line.strip():
                        yield self._decode(line, kind)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    @asynccontextmanager
    async def websocket(self, path: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Raises `SessionRefused`, `ServerUnreachable`."""
        try:
            async with self._open().ws_connect(
                self.url + path,
                headers=self._headers(),
                max_msg_size=MESSAGE_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=FAREWELL_SECONDS),
            ) as socket:
                yield socket
        except aiohttp.WSServerHandshakeError as error:
            raise SessionRefused(self.url, error.status) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=True)
        return self._session

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": f"cantata/{__version__}"}
        return headers | ({"Authorization": f"Bearer {self._token}"} if self._token else {})

    def _decode(self, content: bytes, kind: type[T]) -> T:
        if kind is type(None):
            return None
        if kind is bytes and isinstance(content, kind):
            return content
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.DecodeError as error:
            raise AnswerInvalid(self.url, str(error)) from error

    def _error(self, status: int, content: bytes) -> RemoteError | AnswerInvalid:
        try:
            return RemoteError(msgspec.json.decode(content, type=ErrorInfo))
        except msgspec.DecodeError:
            return AnswerInvalid(self.url, f"status {status}")

    def _unreachable(self, error: Exception) -> ServerUnreachable:
        return ServerUnreachable(self.url, str(error) or type(error).__name__)


def _params(query: Query | None) -> list[tuple[str, str]]:
    """Without the ones that are not said."""
    pairs: list[tuple[str, str]] = []
    for key, value in (query or {}).items():
        values = [value] if isinstance(value, str | int) else value or ()
        pairs += [(key, str(each)) for each in values if each != ""]
    return pairs
