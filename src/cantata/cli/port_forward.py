"""Ports of this machine that lead into a pod: each connection by a session of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

from cantata.cli.inputs import ArgumentInvalid
from cantata.contract.pods import ForwardRequest
from cantata.errors import CantataError

if TYPE_CHECKING:
    from cantata.client import Client

LOOPBACK = "127.0.0.1"
READ_BYTES = 32 * 1024
SILENCE = 10.0
"""When the local side sends no more, the remote side cannot be told: it may say what it has to say, until it
is silent for so many seconds."""

PortPair = tuple[int, int]


def parse_ports(texts: Sequence[str]) -> list[PortPair]:
    """(local, remote). Raises `ArgumentInvalid`."""
    if not texts:
        raise ArgumentInvalid("no port is named; write LOCAL:REMOTE")
    return [_parse(text) for text in texts]


def _parse(text: str) -> PortPair:
    local, _, remote = text.rpartition(":")
    numbers = (local or ("" if ":" in text else remote), remote)
    if not all(number.isascii() and number.isdecimal() and len(number) < 6 for number in numbers):
        raise ArgumentInvalid(f"{text[:40]!r} is not LOCAL:REMOTE")
    here, there = map(int, numbers)
    if here > 65535 or not 0 < there <= 65535:
        raise ArgumentInvalid(f"{text!r}: ports go up to 65535")
    return here, there


async def forward(
    client: Client, application: str, service: str, pod: str, pairs: Sequence[PortPair]
) -> None:
    """Until cancelled. Raises `ArgumentInvalid` where a local port is taken."""
    async with AsyncExitStack() as stack:
        for local, remote in pairs:

            async def connected(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, remote: int = remote
            ) -> None:
                wanted = ForwardRequest(remote, pod)
                try:
                    await _carry(client, application, service, wanted, reader, writer)
                except CantataError as error:
                    print(f"error: {error}", file=sys.stderr)
                finally:
                    writer.close()

            try:
                server = await asyncio.start_server(connected, LOOPBACK, local)
            except OSError as error:
                raise ArgumentInvalid(
                    f"port {local} of this machine cannot be listened on: {error.strerror}"
                ) from error
            await stack.enter_async_context(server)
            port = server.sockets[0].getsockname()[1]
            print(f"{LOOPBACK}:{port} leads to port {remote} of {pod or service}", flush=True)
        await asyncio.Event().wait()


async def _carry(
    client: Client,
    application: str,
    service: str,
    wanted: ForwardRequest,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    async with client.pods.session(application, service, wanted) as session:
        heard = asyncio.get_running_loop().time
        last = heard()

        async def there() -> None:
            while data := await reader.read(READ_BYTES):
                await session.send(data)

        async def back() -> None:
            nonlocal last
            async for data in session:
                last = heard()
                writer.write(data)
                await writer.drain()

        sending, receiving = asyncio.create_task(there()), asyncio.create_task(back())
        try:
            await asyncio.wait([sending, receiving], return_when=asyncio.FIRST_COMPLETED)
            last = heard()
            while not receiving.done() and (left := last + SILENCE - heard()) > 0:
                await asyncio.wait([receiving], timeout=left)
            if receiving.done():
                with suppress(ConnectionError):
                    receiving.result()
        finally:
            for task in (sending, receiving):
                task.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)
