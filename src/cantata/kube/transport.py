"""HTTP to one API server: sessions and gate, and every failure as an error of ours.

The gate bounds the requests in flight to one cluster; watches and log streams do not count, they live long.
Redirects are not followed: a credential goes to the server that the kubeconfig names, or nowhere.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from http.client import responses
from typing import NoReturn
from weakref import WeakSet

import aiohttp
import msgspec
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from cantata.kube.access import ClusterAccess
from cantata.kube.credentials import Credential, Credentials
from cantata.kube.errors import (
    AnswerTooLarge,
    ClusterProtocolError,
    ClusterUnreachable,
    ResourceExpired,
)
from cantata.kube.failures import connection_error, shown_cause
from cantata.kube.limits import Limits
from cantata.kube.proxies import environment_proxy
from cantata.kube.retries import TryAgain, parse_seconds, retrying
from cantata.kube.sockets import keepalive_socket
from cantata.kube.status import Status, Target, parse_status, translate

JSON = "application/json"
USER_AGENT = "cantata"
GOODBYE_SECONDS = 1.0
"""How long the end of a client waits for its connections to be gone; it takes milliseconds."""
FAREWELL_SECONDS = 1.0
"""How long a WebSocket waits for the farewell of the other end."""

_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    headers: CIMultiDictProxy[str]

    @property
    def warnings(self) -> tuple[str, ...]:
        """The texts of the `Warning: 299 - "…"` headers."""
        if "Warning" not in self.headers:
            return ()
        found = (_WARNING.finditer(header) for header in self.headers.getall("Warning"))
        return tuple(re.sub(r"\\(.)", r"\1", match[1]) for matches in found for match in matches)


class _Redirected(aiohttp.ClientError):
    """A WebSocket was sent elsewhere."""


def _no_redirects() -> aiohttp.TraceConfig:
    """Requests say for themselves that no redirect is followed; a WebSocket has no word for it."""

    async def refuse(*_: object) -> None:
        raise _Redirected

    traced = aiohttp.TraceConfig()
    traced.on_request_redirect.append(refuse)
    return traced


class Transport:
    """Use inside a running event loop; `close()` it in the end."""

    def __init__(self, access: ClusterAccess, limits: Limits) -> None:
        self.name = access.name
        self.limits = limits
        self._take(access)
        self._gate = asyncio.Semaphore(limits.concurrency)
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._reading: set[aiohttp.ClientResponse] = set()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=55, ttl_dns_cache=30, socket_factory=self._socket
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[_no_redirects()],
            timeout=aiohttp.ClientTimeout(total=limits.request_seconds, sock_connect=limits.connect_seconds),
        )

    def _take(self, access: ClusterAccess) -> None:
        self._server = access.server
        self._credentials = Credentials(access, self.limits.file_check_seconds)
        self._proxy = access.proxy_url or environment_proxy(access.server)
        self._server_hostname = access.tls_server_name or None
        self._encoding = "gzip" if access.compression else "identity"

    def renew(self, access: ClusterAccess) -> None:
        """From the next request on. Answers that are being read break off, as if the connection did: who
        watches begins anew with the new credentials."""
        self._take(access)
        for response in self._reading:
            response.content.set_exception(aiohttp.ClientConnectionError("the credentials were renewed"))

    async def close(self) -> None:
        """Answers that are being read break off: aiohttp alone would leave their readers waiting."""
        for response in self._reading:
            response.content.set_exception(aiohttp.ClientConnectionError("the client was closed"))
        await self._session.close()
        # The session does not wait for connections that were being closed already, such as those of cancelled
        # watches. Without their sockets they end within a few turns of the loop, whatever the other end does.
        for each in self._open_sockets():
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                while self._open_sockets():  # noqa: ASYNC110  # Transports tell nobody of their end.
                    await asyncio.sleep(0)

    def _open_sockets(self) -> list[socket.socket]:
        return [each for each in self._sockets if each.fileno() >= 0]

    def _socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        made = keepalive_socket(address)
        self._sockets.add(made)
        return made

    def check_open(self) -> aiohttp.ClientSession:
        """The session. Raises `ClusterUnreachable` after `close()`: a cluster may be removed at any time."""
        if self._session.closed:
            subject = f"cluster {self.name}"
            raise ClusterUnreachable(f"the client of {subject} was closed", subject=subject)
        return self._session

    async def request(
        self,
        method: str,
        path: str,
        target: Target,
        *,
        body: bytes | None = None,
        content_type: str = "",
        accept: str = JSON,
        etag: str = "",
    ) -> Answer:
        """`path` with its query, both encoded. The answer is a 2xx, or a 304 for a given `etag`.

        Raises the errors of `cantata.kube.errors`.
        """

        async def attempt() -> Answer:
            async with self._gate:
                credential = await self._credentials.current()
                headers = self._headers(credential, accept)
                if content_type:
                    headers["Content-Type"] = content_type
                if etag:
                    headers["If-None-Match"] = etag
                return await self._attempt(method, path, target, credential, headers, body)

        return await retrying(attempt, self.limits)

    @asynccontextmanager
    async def stream(
        self, path: str, target: Target, *, accept: str = JSON, idle: float | None = None
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """A long-lived answer; what fails while it is read inside the `async with` is translated too.

        `idle` is the longest silence in seconds; a longer one raises `ClusterSilent`.
        """
        bounds = aiohttp.ClientTimeout(sock_connect=self.limits.connect_seconds, sock_read=idle)
        response = await retrying(lambda: self._open(path, target, accept, bounds), self.limits)
        self._reading.add(response)
        try:
            yield response.content
        except (aiohttp.ClientError, OSError) as error:
            raise connection_error(error, self.name, self._server, streaming=True) from shown_cause(error)
        finally:
            self._reading.discard(response)
            # Not only closed: that would wait for the farewell of a peer that may be dead.
            if response.connection is not None and response.connection.transport is not None:
                response.connection.transport.abort()
            response.close()

    @asynccontextmanager
    async def websocket(
        self, path: str, target: Target, protocols: Sequence[str]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket that speaks one of `protocols`; what fails while it is read or written inside the
        `async with` is translated too. Nothing is asked of the cluster twice."""
        socket = await retrying(lambda: self._upgrade(path, target, protocols), self.limits)
        try:
            if socket.protocol is None:
                raise ClusterProtocolError(
                    f"{target.subject}: the server speaks none of {', '.join(protocols)}",
                    subject=target.subject,
                    hint="This needs Kubernetes 1.30 or newer.",
                )
            yield socket
        except (aiohttp.ClientError, OSError) as error:
            raise connection_error(error, self.name, self._server, streaming=True) from shown_cause(error)
        finally:
            await socket.close()

    async def _upgrade(
        self, path: str, target: Target, protocols: Sequence[str]
    ) -> aiohttp.ClientWebSocketResponse:
        credential = await self._credentials.current()
        headers = CIMultiDict(credential.headers)
        headers["User-Agent"] = USER_AGENT
        try:
            async with asyncio.timeout(self.limits.request_seconds):
                return await self.check_open().ws_connect(
                    URL(self._server + path, encoded=True),
                    protocols=protocols,
                    headers=headers,
                    ssl=credential.tls or True,
                    server_hostname=self._server_hostname,
                    proxy=self._proxy,
                    timeout=aiohttp.ClientWSTimeout(ws_close=FAREWELL_SECONDS),
                    max_msg_size=self.limits.socket_message_bytes,
                )
        except aiohttp.WSServerHandshakeError as error:
            code = error.status
            if code == 401 and self._credentials.reject(credential):
                raise TryAgain(translate(Status(code=code), target), attempts=2, pause=0) from None
            raise translate(Status(code=code, reason=responses.get(code, "")), target) from None
        except _Redirected:
            raise self._redirected(target) from None
        except (aiohttp.ClientError, OSError) as error:
            ours, cause = connection_error(error, self.name, self._server), shown_cause(error)
            raise ours from cause

    async def _attempt(
        self,
        method: str,
        path: str,
        target: Target,
        credential: Credential,
        headers: CIMultiDict[str],
        body: bytes | None,
    ) -> Answer:
        try:
            async with self.check_open().request(
                method,
                URL(self._server + path, encoded=True),
                data=body,
                headers=headers,
                ssl=credential.tls or True,
                server_hostname=self._server_hostname,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                content = await self._read(response, target)
                if response.status >= 300 and response.status != 304:
                    self._refuse(response, content, target, credential)
                wanted = headers["Accept"].split(",")
                if response.status != 304 and response.content_type not in wanted:
                    raise ClusterProtocolError(
                        f"{target.subject}: the answer is {response.content_type}, not JSON",
                        subject=target.subject,
                        hint=f"Is there a Kubernetes API behind {self._server}?",
                    )
                return Answer(response.status, content, response.headers)
        except (aiohttp.ClientError, OSError) as error:
            self._fail(error, target)

    async def _open(
        self, path: str, target: Target, accept: str, bounds: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        credential = await self._credentials.current()
        headers = self._headers(credential, accept)
        headers["Accept-Encoding"] = "identity"
        try:
            async with asyncio.timeout(self.limits.request_seconds):
                response = await self.check_open().get(
                    URL(self._server + path, encoded=True),
                    headers=headers,
                    ssl=credential.tls or True,
                    server_hostname=self._server_hostname,
                    proxy=self._proxy,
                    allow_redirects=False,
                    timeout=bounds,
                )
                if response.status == 200:
                    return response
                async with response:
                    self._refuse(response, await self._read(response, target), target, credential)
        except (aiohttp.ClientError, OSError) as error:
            self._fail(error, target)

    def _headers(self, credential: Credential, accept: str) -> CIMultiDict[str]:
        headers = CIMultiDict(credential.headers)
        headers["User-Agent"] = USER_AGENT
        headers["Accept"] = accept
        headers["Accept-Encoding"] = self._encoding
        return headers

    async def _read(self, response: aiohttp.ClientResponse, target: Target) -> bytes:
        self._reading.add(response)
        try:
            return await self._read_bounded(response, target)
        finally:
            self._reading.discard(response)

    async def _read_bounded(self, response: aiohttp.ClientResponse, target: Target) -> bytes:
        length, limit = response.content_length, self.limits.body_bytes
        if length is not None and length <= limit and "Content-Encoding" not in response.headers:
            return await response.read()
        content = bytearray()
        if length is None or length <= limit:
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > limit:
                    break
            else:
                return bytes(content)
        raise AnswerTooLarge(f"{target.subject}: the answer has over {limit} bytes", subject=target.subject)

    def _refuse(
        self, response: aiohttp.ClientResponse, content: bytes, target: Target, credential: Credential
    ) -> NoReturn:
        """Raises the error that the answer means, wrapped where another attempt makes sense."""
        code = response.status
        if 300 <= code < 400:
            raise self._redirected(target)
        named = parse_seconds(response.headers.get("Retry-After", ""))
        status = parse_status(code, response.headers.get("Content-Type", ""), content)
        error = translate(status, target, retry_after=named or 0)
        if code == 401 and self._credentials.reject(credential):
            raise TryAgain(error, attempts=2, pause=0)
        if code == 429 or (code >= 500 and named is not None):
            raise TryAgain(error, self.limits.attempts, named)
        if code in {500, 502, 503, 504} and not target.writes and not isinstance(error, ResourceExpired):
            raise TryAgain(error, self.limits.attempts)
        raise error

    def _redirected(self, target: Target) -> ClusterProtocolError:
        return ClusterProtocolError(
            f"{target.subject}: the server answers with a redirect, which is not followed",
            subject=target.subject,
            hint=f"Name the API server itself instead of {self._server}.",
        )

    def _fail(self, error: Exception, target: Target) -> NoReturn:
        """The connection failed. Reads are tried again. An apply is so once when the server closed an idle
        connection just as we used it: applying the same object twice has no further effect."""
        ours, cause = connection_error(error, self.name, self._server), shown_cause(error)
        ours.__cause__ = cause
        again = type(ours) is ClusterUnreachable and not isinstance(error, TimeoutError)
        if again and not target.writes:
            raise TryAgain(ours, attempts=3) from cause
        if again and target.verb == "apply" and isinstance(error, aiohttp.ServerDisconnectedError):
            raise TryAgain(ours, attempts=2) from cause
        raise ours from cause
