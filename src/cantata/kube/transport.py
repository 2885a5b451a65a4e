"""HTTP to one API server: sessions, gate, retries, and every failure as an error of ours.

The gate bounds the requests in flight to one cluster; watches and log streams do not count, they live long.
Redirects are not followed: a credential goes to the server that the kubeconfig names, or nowhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
import random
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from http.client import responses
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
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
    ClusterSilent,
    ClusterUnreachable,
    ClusterUntrusted,
    KubeError,
    ResourceExpired,
)
from cantata.kube.status import Status, Target, parse_status, translate

T = TypeVar("T")
JSON = "application/json"
USER_AGENT = "cantata"
ALIVE = "Is the cluster running, and is its address right?"


class Limits(msgspec.Struct, frozen=True):
    """Bounds of the conversation with one cluster. Times in seconds, sizes in bytes."""

    concurrency: int = 32
    connect_seconds: float = 10.0
    request_seconds: float = 60.0
    attempts: int = 5
    retry_seconds: float = 30.0
    """How long a request may wait in all for its retries. A longer Retry-After fails at once."""
    first_pause: float = 0.2
    file_check_seconds: float = 1.0
    """How often, at most, token and certificate files are looked at."""
    body_bytes: int = 64 * 1024 * 1024
    event_bytes: int = 16 * 1024 * 1024
    log_line_bytes: int = 64 * 1024
    page: int = 500
    watch_seconds: int = 300
    """A watch is asked to end after this time to twice of it, so that watches do not end all at once."""
    watch_idle_seconds: float = 150.0
    """A watch without a line for this long (bookmarks come about every minute) is taken for dead."""
    socket_message_bytes: int = 1024 * 1024
    pause_first: float = 0.5
    pause_most: float = 30.0
    """Informers: how long to wait after the first failure, and at most."""


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


_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')


class _TryAgain(Exception):
    """One attempt failed with `error`; another one makes sense, after `pause` seconds if that is given."""

    def __init__(self, error: KubeError, attempts: int, pause: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.attempts = attempts
        self.pause = pause


GOODBYE_SECONDS = 1.0
"""How long the end of a client waits for its connections to be gone; it takes milliseconds."""


class _Redirected(aiohttp.ClientError):
    """A WebSocket was sent elsewhere."""


def _no_redirects() -> aiohttp.TraceConfig:
    """Requests say for themselves that no redirect is followed; a WebSocket has no word for it."""

    async def refuse(*_: object) -> None:
        raise _Redirected

    traced = aiohttp.TraceConfig()
    traced.on_request_redirect.append(refuse)
    return traced


FAREWELL_SECONDS = 1.0
"""How long a WebSocket waits for the farewell of the other end."""


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
        made = _keepalive_socket(address)
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

        return await self._retrying(attempt)

    @asynccontextmanager
    async def stream(
        self, path: str, target: Target, *, accept: str = JSON, idle: float | None = None
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """A long-lived answer; what fails while it is read inside the `async with` is translated too.

        `idle` is the longest silence in seconds; a longer one raises `ClusterSilent`.
        """
        bounds = aiohttp.ClientTimeout(sock_connect=self.limits.connect_seconds, sock_read=idle)
        response = await self._retrying(lambda: self._open(path, target, accept, bounds))
        self._reading.add(response)
        try:
            yield response.content
        except (aiohttp.ClientError, OSError) as error:
            raise self._failure(error, streaming=True) from _cause(error)
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
        socket = await self._retrying(lambda: self._upgrade(path, target, protocols))
        try:
            if socket.protocol is None:
                raise ClusterProtocolError(
                    f"{target.subject}: the server speaks none of {', '.join(protocols)}",
                    subject=target.subject,
                    hint="This needs Kubernetes 1.30 or newer.",
                )
            yield socket
        except (aiohttp.ClientError, OSError) as error:
            raise self._failure(error, streaming=True) from _cause(error)
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
                raise _TryAgain(translate(Status(code=code), target), attempts=2, pause=0) from None
            raise translate(Status(code=code, reason=responses.get(code, "")), target) from None
        except _Redirected:
            raise self._redirected(target) from None
        except (aiohttp.ClientError, OSError) as error:
            ours, cause = self._failure(error), _cause(error)
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
                if response.status != 304 and response.content_type != JSON:
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

    async def _retrying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        last_start = time.monotonic() + self.limits.retry_seconds
        for number in itertools.count(1):
            try:
                return await attempt()
            except _TryAgain as again:
                pause = again.pause
                if pause is None:
                    pause = self.limits.first_pause * 2 ** (number - 1)
                pause *= random.uniform(1.0, 1.2)
                if number >= again.attempts or time.monotonic() + pause > last_start:
                    raise again.error from again.error.__cause__
                await asyncio.sleep(pause)
        raise AssertionError("an endless count ended")

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
        named = _seconds(response.headers.get("Retry-After", ""))
        status = parse_status(code, response.headers.get("Content-Type", ""), content)
        error = translate(status, target, retry_after=named or 0)
        if code == 401 and self._credentials.reject(credential):
            raise _TryAgain(error, attempts=2, pause=0)
        if code == 429 or (code >= 500 and named is not None):
            raise _TryAgain(error, self.limits.attempts, named)
        if code in {500, 502, 503, 504} and not target.writes and not isinstance(error, ResourceExpired):
            raise _TryAgain(error, self.limits.attempts)
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
        ours, cause = self._failure(error), _cause(error)
        ours.__cause__ = cause
        again = type(ours) is ClusterUnreachable and not isinstance(error, TimeoutError)
        if again and not target.writes:
            raise _TryAgain(ours, attempts=3) from cause
        if again and target.verb == "apply" and isinstance(error, aiohttp.ServerDisconnectedError):
            raise _TryAgain(ours, attempts=2) from cause
        raise ours from cause

    def _failure(self, error: Exception, *, streaming: bool = False) -> KubeError:
        subject = f"cluster {self.name}"
        where = f"{subject} ({self._server})"
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            found = error.certificate_error
            reason = getattr(found, "verify_message", "") or str(found)
            return ClusterUntrusted(
                f"{where}: its certificate is not trusted: {reason}",
                subject=subject,
                hint="Check certificate-authority-data and tls-server-name of the kubeconfig.",
            )
        if isinstance(error, TimeoutError):
            if streaming:
                return ClusterSilent(f"{where} fell silent", subject=subject, hint=ALIVE)
            return ClusterUnreachable(f"{where} did not answer in time", subject=subject, hint=ALIVE)
        if isinstance(error, aiohttp.ClientResponseError) and not isinstance(
            error, aiohttp.ClientHttpProxyError
        ):
            return ClusterProtocolError(f"{where} does not speak HTTP properly", subject=subject, hint=ALIVE)
        reason = next((text for kind, text in _FAILURES if isinstance(error, kind)), "the connection failed")
        if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.strerror:
            reason = f"{reason}: {error.os_error.strerror}"
        if isinstance(error, aiohttp.ClientHttpProxyError):
            reason = f"{reason} with {error.status}"
        return ClusterUnreachable(
            f"{where} cannot be reached: {reason}",
            subject=subject,
            hint=ALIVE,
        )


def _cause(error: Exception) -> Exception | None:
    """None where it holds our request, with its credential and the password of a proxy."""
    return None if isinstance(error, aiohttp.ClientResponseError) else error


_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientHttpProxyError, "the proxy refused"),
    (aiohttp.ClientProxyConnectionError, "no connection to the proxy"),
    (aiohttp.ClientConnectorDNSError, "its name is not known"),
    (aiohttp.ClientConnectorSSLError, "TLS could not be agreed on"),
    (aiohttp.ClientConnectorError, "no connection"),
    (aiohttp.ServerDisconnectedError, "it closed the connection"),
    (aiohttp.ClientPayloadError, "the answer broke off"),
    (aiohttp.ClientOSError, "the connection broke"),
)


def _seconds(text: str) -> float | None:
    """A Retry-After in seconds; its other form, a date, is not used by API servers and counts as none."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def environment_proxy(server: str) -> str | None:
    """What HTTPS_PROXY and NO_PROXY say. This machine itself is never reached by a proxy."""
    parts = urlsplit(server)
    host = parts.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    if _in_networks(host, proxies.get("no", "")):
        return None
    proxy = proxies.get(parts.scheme, "")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy or None


def _in_networks(host: str, no_proxy: str) -> bool:
    """NO_PROXY may name networks (`10.0.0.0/8`), which kubectl knows and Python's own reading does not."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for part in no_proxy.split(","):
        with contextlib.suppress(ValueError):
            if "/" in part and address in ipaddress.ip_network(part.strip(), strict=False):
                return True
    return False


_KEEPALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 35_000}


def _keepalive_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket whose dead peer is noticed within about 35 seconds, also under a quiet watch."""
    family, kind, protocol, *_ = address
    fresh = socket.socket(family, kind, protocol)
    fresh.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if option := getattr(socket, name, None):
            fresh.setsockopt(socket.IPPROTO_TCP, option, value)
    return fresh
