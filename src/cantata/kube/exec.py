"""Processes in containers, over the WebSocket of the pod's subresources `exec` and `attach`.

Each message begins with the number of its channel: input, output, error output, the status at the end, and
the terminal's size. With `v5.channel.k8s.io` a channel can be closed, which is how a process sees the end of
its input; `v4` has no word for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from cantata.core.model.objects import ObjectKey
from cantata.kube.errors import ClusterProtocolError, ClusterUnreachable, ProcessNotStarted
from cantata.kube.logs import PODS
from cantata.kube.paths import object_path
from cantata.kube.status import Status, Target
from cantata.kube.transport import Transport
from cantata.kube.wire import UNREADABLE
from cantata.ports import Channel

V5 = "v5.channel.k8s.io"
PROTOCOLS = (V5, "v4.channel.k8s.io")
STATUS = 3
RESIZE = 4
CLOSE = 255
MESSAGE_BYTES = 32 * 1024
"""As kubectl sends: a process that does not read holds up what we have read of its input, and no more."""
TOLD = 600
"""How much is quoted of what the node says."""


@asynccontextmanager
async def open_process(
    transport: Transport,
    pod: ObjectKey,
    container: str,
    command: Sequence[str],
    *,
    stdin: bool,
    tty: bool,
) -> AsyncIterator[KubeProcess]:
    """Without a command, the container's own first process."""
    verb = "exec" if command else "attach"
    parameters = [("container", container), *(("command", word) for word in command)]
    flags = {"stdin": stdin, "stdout": True, "stderr": not tty, "tty": tty}
    parameters += [(name, "true") for name, on in flags.items() if on]
    path = f"{object_path(PODS, pod.namespace, pod.name)}/{verb}?{urlencode(parameters, quote_via=quote)}"
    target = Target(transport.name, verb, pod)
    async with transport.websocket(path, target, PROTOCOLS) as socket:
        yield KubeProcess(socket, target)


class KubeProcess:
    """`cantata.ports.Process`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, target: Target) -> None:
        self._socket = socket
        self._target = target
        self._exit_code: int | None = None

    @property
    def exit_code(self) -> int:
        if self._exit_code is None:
            raise AssertionError("a process has an exit code when it has ended")
        return self._exit_code

    async def __aiter__(self) -> AsyncIterator[tuple[Channel, bytes]]:
        """Raises `ProcessNotStarted`, and `ClusterUnreachable` when it breaks off."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.BINARY:
                raise self._not_understood()
            content: bytes = message.data
            channel = content[0] if content else CLOSE
            if channel == STATUS:
                self._exit_code = self._read_status(content[1:])
                return
            if channel in (Channel.OUTPUT, Channel.ERROR) and len(content) > 1:
                yield Channel(channel), content[1:]
        subject = self._target.subject
        raise ClusterUnreachable(f"{subject}: the connection to the process broke off", subject=subject)

    async def write(self, data: bytes) -> None:
        for start in range(0, len(data), MESSAGE_BYTES):
            await self._send(Channel.INPUT, data[start : start + MESSAGE_BYTES])

    async def end_input(self) -> None:
        if self._socket.protocol == V5:
            await self._send(CLOSE, bytes([Channel.INPUT]))

    async def resize(self, width: int, height: int) -> None:
        await self._send(RESIZE, msgspec.json.encode({"Width": width, "Height": height}))

    async def _send(self, channel: int, content: bytes) -> None:
        await self._socket.send_bytes(bytes([channel]) + content)

    def _read_status(self, content: bytes) -> int:
        try:
            status = msgspec.json.decode(content, type=Status)
        except UNREADABLE as error:
            raise self._not_understood() from error
        code = next((cause.message for cause in status.causes if cause.reason == "ExitCode"), "")
        if code.isascii() and code.isdecimal() and len(code) < 10:
            return int(code)
        if status.details is None and not status.message and not status.reason:
            return 0
        raise ProcessNotStarted(
            f"{self._target.subject}: {(status.message or status.reason)[:TOLD]}",
            subject=self._target.subject,
            hint="Is there such a program in the container, and does it run?",
        )

    def _not_understood(self) -> ClusterProtocolError:
        subject = self._target.subject
        return ClusterProtocolError(f"{subject}: the cluster's messages are not understood", subject=subject)
