"""Log streams against the scripted server."""

from __future__ import annotations

import asyncio

import pytest
from tests.kube.conftest import FAST, Script, broken_off, refused, streamed

from cantata.kube import KubeCluster, errors

LOG = "/api/v1/namespaces/shop/pods/web-1/log"


async def read(cluster: KubeCluster) -> list[bytes]:
    return [line async for line in cluster.logs("shop", "web-1", "web")]


async def test_lines_come_without_their_ends_however_they_are_cut(
    script: Script, cluster: KubeCluster
) -> None:
    script.on(LOG, streamed(b"one\ntw", b"o\r\n", b"\n", "drei ü".encode()))
    assert await read(cluster) == [b"one", b"two", b"", "drei ü".encode()]


async def test_the_request_says_what_is_wanted(script: Script, cluster: KubeCluster) -> None:
    script.on(LOG, streamed())
    lines = cluster.logs("shop", "web-1", "web", follow=True, tail_lines=0, previous=True, timestamps=True)
    assert [line async for line in lines] == []
    assert dict(script.requests[-1].query) == {
        "container": "web",
        "follow": "true",
        "tailLines": "0",
        "previous": "true",
        "timestamps": "true",
    }


async def test_a_followed_line_comes_while_the_stream_is_open(script: Script, cluster: KubeCluster) -> None:
    script.on(LOG, streamed(b"first\n", hold=True))
    async with asyncio.timeout(5):
        lines = cluster.logs("shop", "web-1", "web", follow=True)
        assert await anext(lines) == b"first"


async def test_an_endless_line_comes_in_pieces_and_nothing_is_lost(
    script: Script, cluster: KubeCluster
) -> None:
    script.on(LOG, streamed(b"x" * 950, b"y" * 50 + b"\nnext\n"))
    lines = await read(cluster)
    assert lines[-1] == b"next"
    assert b"".join(lines[:-1]) == b"x" * 950 + b"y" * 50
    assert max(map(len, lines)) <= FAST.log_line_bytes


async def test_a_container_that_waits_has_no_logs(script: Script, cluster: KubeCluster) -> None:
    message = 'container "web" in pod "web-1" is waiting to start: ContainerCreating'
    script.on(LOG, refused(400, "BadRequest", message))
    with pytest.raises(errors.LogsUnavailable, match="waiting to start"):
        await read(cluster)


async def test_a_stream_that_breaks_off_is_an_error_and_not_an_end(
    script: Script, cluster: KubeCluster
) -> None:
    script.on(LOG, broken_off(b"one\n"))
    with pytest.raises(errors.ClusterUnreachable):
        await read(cluster)
