"""One conversation with a repository over HTTP, behind the guard."""

from __future__ import annotations

import hashlib
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from multidict import CIMultiDictProxy
from yarl import URL

from cantata import __version__
from cantata.charts.limits import Limits
from cantata.core.network.addresses import Network, parse_address, split_http
from cantata.core.repositories.addresses import is_refused, refused, same_origin, shown
from cantata.core.repositories.errors import (
    RepositoryAddressInvalid,
    RepositoryAnswerInvalid,
    RepositoryAnswerTooLarge,
    RepositoryLoginRefused,
    RepositoryUnreachable,
)

REDIRECTS = (301, 302, 303, 307, 308)
AGENT = f"cantata/{__version__}"


@dataclass(frozen=True, slots=True)
class Answer:
    """`url` is where it came from in the end; `digest` is `sha256:` of the body."""

    url: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    digest: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


class Guard(AbstractResolver):
    """Gives only addresses that may be called. It is asked when a connection is made, so a name cannot point
    elsewhere after it was checked."""

    def __init__(self, chosen: frozenset[str], allowed: Iterable[Network]) -> None:
        self._chosen = chosen
        self._allowed = tuple(allowed)
        self._resolver = ThreadedResolver()

    def check(self, url: str) -> None:
        """Whether a URL may be called, as far as that is known without asking for names: those are asked when
        connecting. Raises `RepositoryAddressInvalid`, `RepositoryAddressClosed`."""
        parts = split_http(url)
        if parts is None:
            raise RepositoryAddressInvalid(f"{shown_safely(url)} is no URL of http or https", subject="url")
        host = parts.hostname or ""
        literal = parse_address(host)
        chosen = host in self._chosen
        if literal is not None and is_refused(literal, chosen=chosen, allowed=self._allowed):
            raise refused(host, chosen=chosen)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        chosen = host in self._chosen
        good = [each for each in found if self._may(each["host"], chosen)]
        if found and not good:
            raise refused(host, chosen=chosen)
        return good

    def _may(self, address: str, chosen: bool) -> bool:
        literal = parse_address(address)
        return literal is not None and not is_refused(literal, chosen=chosen, allowed=self._allowed)

    async def close(self) -> None:
        await self._resolver.close()


class Door:
    """Requests to a repository and to where it leads. Without proxies and cookies; redirects are followed by
    hand and checked at each step; credentials stay with the scheme, host and port that they are for."""

    def __init__(self, session: aiohttp.ClientSession, guard: Guard, limits: Limits) -> None:
        self._session = session
        self._guard = guard
        self.limits = limits

    @classmethod
    @asynccontextmanager
    async def open(
        cls, hosts: Iterable[str], allowed: Iterable[Network], limits: Limits, ca_text: str = ""
    ) -> AsyncIterator[Self]:
        """`hosts` are those that somebody chose. Raises `RepositoryAddressInvalid` for certificates that are
        none."""
        guard = Guard(frozenset(hosts), allowed)
        connector = aiohttp.TCPConnector(
            resolver=guard, ssl=_trust(ca_text), limit=8, use_dns_cache=False, force_close=False
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            headers={"User-Agent": AGENT},
        )
        async with session:
            yield cls(session, guard, limits)

    async def get(
        self,
        url: str,
        *,
        longest: int,
        headers: Mapping[str, str] | None = None,
        authorization: str = "",
        zipped: bool = False,
    ) -> Answer:
        """Follows redirects. `zipped` lets the server compress what it sends; `longest` holds for what that
        unpacks to."""
        wanted = {**(headers or {}), "Accept-Encoding": "gzip" if zipped else "identity"}
        at = url
        for _ in range(self.limits.redirects + 1):
            given = authorization if authorization and same_origin(at, url) else ""
            answer = await self.ask("GET", at, longest=longest, headers=wanted, authorization=given)
            if answer.status not in REDIRECTS:
                return answer
            at = self._next(at, answer.headers.get("Location", ""))
        raise RepositoryAnswerInvalid(
            f"{shown(url)} leads on and on: more than {self.limits.redirects} redirects", subject="url"
        )

    def _next(self, at: str, location: str) -> str:
        target = urljoin(at, location)
        parts = split_http(target)
        if not location or parts is None or parts.username or parts.password:
            raise RepositoryAnswerInvalid(f"{shown(at)} leads to what is no URL", subject="url")
        if urlsplit(at).scheme == "https" and parts.scheme == "http":
            raise RepositoryAnswerInvalid(f"{shown(at)} leads from https to http", subject="url")
        return target

    async def ask(
        self,
        method: str,
        url: str,
        *,
        longest: int,
        headers: Mapping[str, str] | None = None,
        authorization: str = "",
        body: bytes = b"",
    ) -> Answer:
        """One request; a redirect is an answer like any other. Raises `RepositoryUnreachable`,
        `RepositoryAnswerTooLarge`, `RepositoryAddressClosed`."""
        self._guard.check(url)
        sent = {**(headers or {}), **({"Authorization": authorization} if authorization else {})}
        limits = self.limits
        timeout = aiohttp.ClientTimeout(
            total=limits.whole, sock_connect=limits.connect, sock_read=limits.idle
        )
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                data=body or None,
                headers=sent,
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                content = await self._read(response, longest, url)
                digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
                return Answer(url, response.status, response.headers, content, digest)
        except TimeoutError as error:
            raise unreachable(url, "no answer in time") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise RepositoryUnreachable(
                f"{shown(url)}: its certificate is not trusted",
                subject="url",
                hint="Give the repository the certificate of its authority.",
            ) from error
        except aiohttp.InvalidURL as error:
            raise RepositoryAddressInvalid(f"{shown(url)} is no address", subject="url") from error
        except aiohttp.ClientPayloadError as error:
            raise unreachable(url, "the answer is cut off") from error
        except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
            raise unreachable(url, type(error).__name__) from error

    async def _read(self, response: aiohttp.ClientResponse, longest: int, url: str) -> bytes:
        unzip = None
        if response.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip") and (
            response.request_info.headers.get("Accept-Encoding") == "gzip"
        ):
            unzip = zlib.decompressobj(wbits=31)
        content = bytearray()
        async for piece in response.content.iter_chunked(1 << 16):
            content += unzip.decompress(piece, longest + 1 - len(content)) if unzip else piece
            if len(content) > longest:
                raise RepositoryAnswerTooLarge(f"{shown(url)} is larger than {longest} bytes", subject="url")
        if unzip is not None and not unzip.eof:
            raise unreachable(url, "the answer is cut off")
        return bytes(content)


def check_status(answer: Answer, what: str) -> None:
    """Raises for an answer that is no success: what that means depends on nothing but its status; what is
    missing is told by the one who asked for it."""
    if answer.good:
        return
    if answer.status in (401, 403):
        raise RepositoryLoginRefused(
            f"{shown(answer.url)} does not give us {what}: status {answer.status}",
            subject="credentials",
            hint="Give the repository a user with a password, or a token, that may read it.",
        )
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise unreachable(answer.url, f"status {answer.status}")
    raise RepositoryAnswerInvalid(
        f"{shown(answer.url)} answers {answer.status} when it is asked for {what}", subject="url"
    )


def unreachable(url: str, why: str) -> RepositoryUnreachable:
    return RepositoryUnreachable(
        f"{shown(url)} did not answer: {why}",
        subject="url",
        hint="Try again later; see whether the address is right.",
    )


def shown_safely(url: str) -> str:
    try:
        return shown(url)
    except ValueError:
        return "this"


def _trust(ca_text: str) -> ssl.SSLContext:
    if not ca_text:
        return _system_trust()
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cadata=ca_text)
    except (ssl.SSLError, ValueError) as error:
        raise RepositoryAddressInvalid(
            "the certificates of the repository are not in PEM form", subject="caText"
        ) from error
    return context


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()
