"""The typed client over a real socket: errors re-made, pages, event streams, what is tried again."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvicorn
from tests.api.conftest import chart

from cantata.actions.access import new_token
from cantata.client import AnswerInvalid, Client, RemoteError, ServerUnreachable
from cantata.contract.events import EventInfo
from cantata.core.model.applications import Application
from cantata.core.model.events import EventType, about
from cantata.errors import Category
from cantata.server.compose import Composed
from cantata.server.run import listen

DEADLINE = 20.0


async def test_methods_of_configs_and_templates(client: Client) -> None:
    made = await client.configs.create("shop", "a: 1\n", message="first")
    edited = await client.configs.edit("shop", "a: 2\n", expected=made.number)
    assert (made.number, edited.number) == (1, 2)
    assert (await client.configs.show("shop", 1)).text == "a: 1\n"
    assert [version.number async for version in client.configs.history("shop")] == [2, 1]
    assert [leaf.value async for leaf in client.configs.effective("shop")] == [2]
    imported = await client.templates.import_("shop", chart("shop"), origin="here")
    assert imported.version.origin == "here"
    assert [template.name async for template in client.templates.list("sho")] == ["shop"]
    await client.templates.delete("shop")
    await client.configs.delete("shop")
    assert [config async for config in client.configs.list()] == []


async def test_an_error_of_the_server_is_raised_as_it_is(client: Client) -> None:
    await client.configs.create("shop", "a: 1\n")
    with pytest.raises(RemoteError, match="at version 1") as caught:
        await client.configs.edit("shop", "a: 2\n", expected=9)
    assert (caught.value.code, caught.value.category) == ("EditConflict", Category.CONFLICT)
    assert caught.value.hint


async def test_lists_are_followed_over_pages(client: Client) -> None:
    await asyncio.gather(*(client.tokens.create(f"t{number}", "viewer") for number in range(5)))
    for number in range(201):
        await client.configs.create(f"c{number:03}", "a: 1\n")
    names = [config.name async for config in client.configs.list()]
    assert names == [f"c{number:03}" for number in range(201)]


async def test_events_are_followed_and_resumed(
    client: Client, parts: Composed, application: Application
) -> None:
    async def append(number: int) -> None:
        await parts.ports.store.write(
            lambda records: records.events.append(about(application), EventType.WARNING, {"number": number})
        )
        parts.ports.streams.ring(about(application))

    async def take(count: int, since: int = 0) -> list[EventInfo]:
        found: list[EventInfo] = []
        async with asyncio.timeout(DEADLINE):
            async for event in client.applications.events("shop-dev", since):
                found.append(event)
                if len(found) == count:
                    break
        return found

    await append(1)
    await append(2)
    live = asyncio.create_task(take(3))
    await append(3)
    events = await live
    assert [(event.type, event.data["number"]) for event in events] == [
        ("warning", 1),
        ("warning", 2),
        ("warning", 3),
    ]
    resumed = await take(1, since=events[1].id)
    assert resumed[0].data == {"number": 3}


async def test_a_stream_ends_with_its_application(
    client: Client, parts: Composed, application: Application
) -> None:
    await parts.ports.store.write(
        lambda records: records.events.append(about(application), EventType.WARNING, {})
    )
    async with asyncio.timeout(DEADLINE):
        stream = client.applications.events(application.name)
        assert (await anext(stream)).type == "warning"
        await parts.ports.store.write(lambda records: records.applications.delete(application.id))
        parts.ports.streams.ring(about(application))
        assert [event async for event in stream] == []


async def test_an_open_stream_does_not_hold_up_the_stop(
    parts: Composed, tokens: dict[str, str], application: Application
) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(parts.app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await parts.ports.store.write(
        lambda records: records.events.append(about(application), EventType.WARNING, {})
    )
    async with Client(f"http://127.0.0.1:{listener.getsockname()[1]}", tokens["admin"]) as client:
        stream = client.applications.events(application.name)
        assert (await anext(stream)).type == "warning"
        server.should_exit = True
        async with asyncio.timeout(DEADLINE):
            await serving
        with pytest.raises((ServerUnreachable, StopAsyncIteration)):
            await anext(stream)


async def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with Client(f"http://127.0.0.1:{port}", new_token()) as client:
        with pytest.raises(ServerUnreachable, match=str(port)) as caught:
            await client.configs.show("shop")
    assert caught.value.category is Category.UNAVAILABLE


async def test_reads_are_tried_again_and_changes_are_not() -> None:
    """A server that closes the connection instead of answering, and counts."""
    methods: list[str] = []

    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        methods.append(line.split()[0].decode())
        writer.close()

    server = await asyncio.start_server(slam, "127.0.0.1", 0)
    async with server, Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "t") as client:
        with pytest.raises(ServerUnreachable):
            await client.configs.create("shop", "")
        assert methods == ["POST"]
        with pytest.raises(ServerUnreachable):
            await client.configs.show("shop")
    assert len(methods) > 2


async def test_something_else_answers() -> None:
    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(page, "127.0.0.1", 0)
    async with server, Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "t") as client:
        with pytest.raises(AnswerInvalid):
            await client.configs.show("shop")


async def test_what_the_server_accepts_sends_at_once() -> None:
    """Else every answer of two packets waits for an acknowledgement, which may be delayed by 40 ms."""
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def on_connect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        option = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        accepted.set_result(option)
        writer.close()

    listener = listen("127.0.0.1", 0)
    async with await asyncio.start_server(on_connect, sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        assert await asyncio.wait_for(accepted, DEADLINE) != 0
        writer.close()
        await writer.wait_closed()
