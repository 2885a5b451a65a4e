"""Connections to ports of pods, over the WebSocket of the subresource `portforward`.

One WebSocket carries one connection (`v4.channel.k8s.io`): channel 0 is the data, channel 1 what the node
says when it cannot connect. Both begin with the number of the port in two bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from cantata.core.model.objects import ObjectKey
from cantata.kube.errors import ClusterProtocolError, PortClosed
from cantata.kube.exec import MESSAGE_BYTES, TOLD
from cantata.kube.logs import PODS
from cantata.kube.paths import object_path, query
from cantata.kube.status import Target
from cantata.kube.transport import Transport

PROTOCOLS = ("v4.channel.k8s.io",)
DATA, ERROR = 0, 1
PORT_BYTES = 2


@asynccontextmanager
async def open_tunnel(transport: Transport, pod: ObjectKey, port: int) -> AsyncIterator[KubeTunnel]:
    path = f"{object_path(PODS, pod.namespace, pod.name)}/portforward{query(ports=port)}"
    target = Target(transport.name, "port-forward", pod)
    async with transport.websocket(path, target, PROTOCOLS) as socket:
        yield KubeTunnel(socket, target, port)


class KubeTunnel:
    """`cantata.ports.Tunnel`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, target: Target, port: int) -> None:
        self._socket = socket
        self._target = target
        self._port = port
        self._announced: set[int] = set()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises `PortClosed`."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
                subject = self._target.subject
                raise ClusterProtocolError(
                    f"{subject}: the cluster's messages are not understood", subject=subject
                )
            channel, content = message.data[0], message.data[1:]
            if channel not in self._announced:
                self._announced.add(channel)
                content = content[PORT_BYTES:]
            if channel == ERROR and content:
                raise self._closed(content)
            if channel == DATA and content:
                yield content

    async def write(self, data: bytes) -> None:
        for start in range(0, len(data), MESSAGE_BYTES):
            await self._socket.send_bytes(bytes([DATA]) + data[start : start + MESSAGE_BYTES])

    def _closed(self, told: bytes) -> PortClosed:
        said = told[:TOLD].decode("utf-8", "replace")
        return PortClosed(
            f"{self._target.subject}: port {self._port} is not reached: {said}",
            subject=self._target.subject,
            hint="Does a program in the pod listen there?",
        )
