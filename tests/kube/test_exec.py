"""Processes and ports against the scripted server: what a real one is not made to say."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from aiohttp import WSMsgType, web
from tests.kube.conftest import Reply, Script, refused

from cantata.kube import KubeCluster, errors
from cantata.ports import Channel, Process

EXEC = "/api/v1/namespaces/shop/pods/web-1/exec"
FORWARD = "/api/v1/namespaces/shop/pods/web-1/portforward"
V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"


def played(*messages: bytes, protocol: str = V5, got: list[bytes] | None = None, until: int = 0) -> Reply:
    """A WebSocket that takes `until` messages into `got`, sends `messages` and ends."""

    async def reply(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=[protocol])
        await socket.prepare(request)
        for _ in range(until):
            message = await socket.receive()
            assert message.type is WSMsgType.BINARY
            assert got is not None
            got.append(message.data)
        for content in messages:
            await socket.send_bytes(content)
        await socket.close()
        return socket

    return reply


def ended(**status: Any) -> bytes:
    return b"\x03" + msgspec.json.encode({"kind": "Status", "metadata": {}, **status})


def exited(code: int) -> bytes:
    causes = [{"reason": "ExitCode", "message": str(code)}]
    details = {"causes": causes}
    return ended(status="Failure", reason="NonZeroExitCode", message="command terminated", details=details)


async def output(process: Process) -> list[tuple[Channel, bytes]]:
    return [part async for part in process]


@pytest.mark.parametrize(("end", "code"), [(ended(status="Success"), 0), (exited(1), 1), (exited(137), 137)])
async def test_the_exit_code_is_handed_on(
    script: Script, cluster: KubeCluster, end: bytes, code: int
) -> None:
    script.on(EXEC, played(b"\x01out", b"\x02err", b"\x01", end))
    async with cluster.run("shop", "web-1", "web", ["sh", "-c", "a & b"], tty=True) as process:
        assert await output(process) == [(Channel.OUTPUT, b"out"), (Channel.ERROR, b"err")]
        assert process.exit_code == code
    asked = script.asked(EXEC)[0]
    assert asked.query.getall("command") == ["sh", "-c", "a & b"]
    assert dict(asked.query) == {"container": "web", "command": "sh", "stdout": "true", "tty": "true"}
    assert asked.headers["Authorization"] == "Bearer very-secret-token"


@pytest.mark.parametrize(("protocol", "end"), [(V5, [b"\xff\x00"]), (V4, [])])
async def test_the_end_of_the_input_is_told_where_there_is_a_word_for_it(
    script: Script, cluster: KubeCluster, protocol: str, end: list[bytes]
) -> None:
    got: list[bytes] = []
    wanted = [b"\x00" + b"x" * 32768, b"\x00x", *end]
    reply = played(ended(status="Success"), protocol=protocol, got=got, until=len(wanted))
    script.on(EXEC, reply)
    async with cluster.run("shop", "web-1", "web", ["cat"], stdin=True) as process:
        await process.write(b"x" * 32769)
        await process.end_input()
        await output(process)
    assert got == wanted


async def test_the_size_of_the_terminal_is_told(script: Script, cluster: KubeCluster) -> None:
    got: list[bytes] = []
    script.on(EXEC, played(ended(status="Success"), got=got, until=1))
    async with cluster.run("shop", "web-1", "web", ["top"], tty=True) as process:
        await process.resize(120, 40)
        await output(process)
    assert got[0][:1] == b"\x04"
    assert msgspec.json.decode(got[0][1:]) == {"Width": 120, "Height": 40}


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        ([b"\x01half"], errors.ClusterUnreachable),
        ([b"\x03not json"], errors.ClusterProtocolError),
        ([ended(status="Failure", message="no such program", code=500)], errors.ProcessNotStarted),
        ([exited(-1)], errors.ProcessNotStarted),
    ],
)
async def test_an_end_that_is_none(
    script: Script, cluster: KubeCluster, messages: list[bytes], error: type[Exception]
) -> None:
    script.on(EXEC, played(*messages))
    async with cluster.run("shop", "web-1", "web", ["true"]) as process:
        with pytest.raises(error):
            await output(process)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refused(403, "Forbidden", "no"), errors.ClusterForbidden),
        (refused(401, "Unauthorized", "no"), errors.ClusterUnauthorized),
        (refused(404, "NotFound", "no"), errors.KubeError),
        (played(protocol="other"), errors.ClusterProtocolError),
    ],
)
async def test_a_socket_that_is_refused(
    script: Script, cluster: KubeCluster, reply: Reply, error: type[Exception]
) -> None:
    script.on(EXEC, reply)
    with pytest.raises(error) as caught:
        async with cluster.run("shop", "web-1", "web", ["echo", "hunter2"]):
            pass
    assert "hunter2" not in str(caught.value)


async def test_a_redirect_is_not_followed(script: Script, cluster: KubeCluster) -> None:
    async def elsewhere(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/elsewhere")

    script.on(EXEC, elsewhere)
    with pytest.raises(errors.ClusterProtocolError, match="redirect"):
        async with cluster.run("shop", "web-1", "web", ["true"]):
            pass
    assert not script.asked("/elsewhere")


async def test_closing_the_client_ends_a_process(script: Script, cluster: KubeCluster) -> None:
    async def quiet(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=[V5])
        await socket.prepare(request)
        await socket.receive()
        return socket

    script.on(EXEC, quiet)
    async with cluster.run("shop", "web-1", "web", ["sleep", "inf"]) as process:
        reading = asyncio.create_task(output(process))
        await cluster.close()
        with pytest.raises(errors.ClusterUnreachable):
            await reading


async def test_who_leaves_closes_the_socket(script: Script, cluster: KubeCluster) -> None:
    left = asyncio.Event()

    async def waiting(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=[V5])
        await socket.prepare(request)
        assert (await socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        left.set()
        return socket

    script.on(EXEC, waiting)
    async with cluster.run("shop", "web-1", "web", ["sleep", "inf"]):
        assert not left.is_set()
    async with asyncio.timeout(5):
        await left.wait()


async def test_the_port_is_taken_off_both_channels(script: Script, cluster: KubeCluster) -> None:
    port = (8080).to_bytes(2, "little")
    script.on(FORWARD, played(b"\x00" + port, b"\x01" + port, b"\x00hello", b"\x00 you", protocol=V4))
    async with cluster.tunnel("shop", "web-1", 8080) as tunnel:
        assert [data async for data in tunnel] == [b"hello", b" you"]
    assert dict(script.asked(FORWARD)[0].query) == {"ports": "8080"}


async def test_what_the_node_says_of_a_port_is_the_error(script: Script, cluster: KubeCluster) -> None:
    port = (8080).to_bytes(2, "little")
    script.on(FORWARD, played(b"\x00" + port, b"\x01" + port + b"connection refused", protocol=V4))
    async with cluster.tunnel("shop", "web-1", 8080) as tunnel:
        with pytest.raises(errors.PortClosed, match="port 8080 is not reached: connection refused"):
            await anext(aiter(tunnel))
