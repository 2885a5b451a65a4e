"""Logs of a container as lines."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cantata.core.model.objects import GVK, ObjectKey, Resource
from cantata.kube.lines import LineBuffer, pieces
from cantata.kube.paths import object_path
from cantata.kube.status import Target
from cantata.kube.transport import Transport

PODS = Resource(GVK("", "v1", "Pod"), "pods", True)


async def read_logs(transport: Transport, pod: ObjectKey, query: str) -> AsyncIterator[bytes]:
    """Lines without their ends, the last one too when it has none. A line over the limit comes in pieces.

    Reading is as fast as the one who iterates: a slow reader slows the stream, it does not fill memory.
    """
    limit = transport.limits.log_line_bytes
    path = f"{object_path(PODS, pod.namespace, pod.name)}/log{query}"
    buffer = LineBuffer()
    async with transport.stream(path, Target(transport.name, "logs", pod), accept="*/*") as stream:
        async for chunk in stream.iter_any():
            for line in buffer.feed(chunk):
                for piece in pieces(line.removesuffix(b"\r"), limit):
                    yield piece
            if len(buffer) >= limit:
                for piece in pieces(buffer.take(), limit):
                    yield piece
        if len(buffer):
            yield buffer.take()
