"""Deliveries over HTTP, by aiohttp."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from cantata import __version__
from cantata.core.network.addresses import Network
from cantata.core.webhooks.addresses import check_url, closed, is_closed
from cantata.errors import CantataError, Category

TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)
CONNECTIONS = 20


class ReceiverUnreachable(CantataError):
    """The receiver of a webhook did not answer."""

    category = Category.UNAVAILABLE


class OpenResolver(AbstractResolver):
    """Gives only addresses that may be called. Raises `WebhookAddressClosed` when a name has no other."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        good = [each for each in found if not is_closed(ip_address(_plain(each["host"])), self._allowed)]
        if found and not good:
            raise closed(host)
        return good

    async def close(self) -> None:
        await self._resolver.close()


class HttpSender:
    """Without redirects, proxies and cookies; of an answer only the status is read."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        host = check_url(url, self._allowed)
        try:
            async with self._open().post(
                url,
                data=body,
                headers={**headers, "User-Agent": f"cantata/{__version__}"},
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                response.close()  # Whatever else it says is not waited for.
                return response.status
        except TimeoutError as error:
            raise _unreachable(host, "no answer in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unreachable(host, type(error).__name__) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=OpenResolver(self._allowed), limit=CONNECTIONS, force_close=True, use_dns_cache=False
            )
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _unreachable(host: str, why: str) -> ReceiverUnreachable:
    """Without the path, which may hold a token."""
    return ReceiverUnreachable(f"{host} did not answer: {why}", subject=host)


def _plain(host: str) -> str:
    """Without the zone of a link-local address."""
    return host.partition("%")[0]
