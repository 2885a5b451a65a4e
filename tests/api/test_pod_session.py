"""What a session in a pod hands on, message by message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from litestar.exceptions import WebSocketDisconnect

from cantata.api.authentication import TokenInvalid
from cantata.api.errors import RequestInvalid
from cantata.api.lasting import Refused
from cantata.api.pod_session import Session
from cantata.contract.pods import ForwardRequest, InputEndRequest, ResizeRequest, RunRequest
from cantata.errors import CantataError
from cantata.ports import Channel

GONE = {"type": "websocket.disconnect", "code": 1001}


def text(message: Any) -> dict[str, Any]:
    content = message if isinstance(message, str) else msgspec.json.encode(message).decode()
    return {"type": "websocket.receive", "text": content}


def data(content: bytes) -> dict[str, Any]:
    return {"type": "websocket.receive", "bytes": content}


class Socket:
    """The end of a client that says `said` and then keeps quiet."""

    def __init__(self, *said: dict[str, Any]) -> None:
        self._said = list(said)
        self.sent: list[bytes] = []

    async def receive(self) -> dict[str, Any]:
        if not self._said:
            await asyncio.Event().wait()
        return self._said.pop(0)

    async def send_bytes(self, content: bytes) -> None:
        self.sent.append(content)


class Process:
    """Says `says` once it has been told `until` things."""

    exit_code = 7

    def __init__(self, *says: tuple[Channel, bytes], until: int = 0) -> None:
        self._says = says
        self._until = until
        self._told = asyncio.Event()
        self.got: list[object] = []

    async def __aiter__(self) -> AsyncIterator[tuple[Channel, bytes]]:
        while len(self.got) < self._until:
            self._told.clear()
            await self._told.wait()
        for each in self._says:
            yield each

    async def write(self, data: bytes) -> None:
        self._note(data)

    async def end_input(self) -> None:
        self._note("end")

    async def resize(self, width: int, height: int) -> None:
        self._note((width, height))

    def _note(self, got: object) -> None:
        self.got.append(got)
        self._told.set()


async def never() -> CantataError:
    await asyncio.Event().wait()
    raise AssertionError


async def held(socket: Socket, process: Process, refused: Refused = never) -> None:
    session: Any = Session(socket, refused)  # type: ignore[arg-type]  # As much of a socket as a session uses.
    async with asyncio.timeout(10):
        await session._both(session._to_process(process), session._from_process(process))


async def test_all_goes_both_ways_until_the_process_ends() -> None:
    socket = Socket(
        data(b"\x00hello"), text(ResizeRequest(100, 30)), data(b"\x00\xff\x00"), text(InputEndRequest())
    )
    process = Process((Channel.OUTPUT, b"out"), (Channel.ERROR, b"err"), until=4)
    await held(socket, process)
    assert process.got == [b"hello", (100, 30), b"\xff\x00", "end"]
    assert socket.sent == [b"\x01out", b"\x02err"]


@pytest.mark.parametrize(
    "said",
    [data(b"\x01mine"), data(b""), text("{}"), text("not json"), text('{"type":"run","command":["x"]}')],
)
async def test_what_is_no_message_ends_the_session(said: dict[str, Any]) -> None:
    with pytest.raises(RequestInvalid):
        await held(Socket(said), Process(until=1))


@pytest.mark.parametrize("size", [(0, 10), (10, -1), (10, 10_000)])
async def test_a_size_that_is_none_is_not_handed_on(size: tuple[int, int]) -> None:
    process = Process(until=1)
    await held(Socket(text(ResizeRequest(*size)), data(b"\x00x")), process)
    assert process.got == [b"x"]


async def test_a_token_that_is_taken_back_ends_the_session() -> None:
    async def refused() -> CantataError:
        return TokenInvalid("this token is not known here")

    with pytest.raises(TokenInvalid):
        await held(Socket(text(InputEndRequest())), Process(until=2), refused)


async def test_a_client_that_goes_ends_the_session() -> None:
    with pytest.raises(WebSocketDisconnect):
        await held(Socket(GONE), Process(until=1))


@pytest.mark.parametrize("wanted", [RunRequest(("ls", "-l"), tty=True), ForwardRequest(80, "web-1")])
async def test_a_session_begins_with_what_is_wanted(wanted: Any) -> None:
    assert await Session(Socket(text(wanted)), never).opening() == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said",
    [text('{"type":"resize","width":1,"height":1}'), text("{}"), text('{"type":"run","x":1}'), data(b"")],
)
async def test_a_session_that_begins_with_something_else_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(RequestInvalid):
        await Session(Socket(said), never).opening()  # type: ignore[arg-type]
