"""Asks a server of the sandbox over HTTP, with the standard library alone: the supervisor stays small."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT = 5.0


def client_context(pki: Path) -> ssl.SSLContext:
    """TLS that trusts the sandbox's authority and speaks as its administrator."""
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    return context


async def get(url: str, context: ssl.SSLContext) -> bytes | None:
    """The body of a 200 answer; None when the server is not there, or answers anything else."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(TIMEOUT):
            return await _get(
                parts.hostname or "", parts.port or 0, parts.path, context, parts.scheme == "https"
            )
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return None


async def _get(host: str, port: int, path: str, context: ssl.SSLContext, secure: bool) -> bytes | None:
    reader, writer = await asyncio.open_connection(host, port, ssl=context if secure else None)
    try:
        # HTTP/1.0: the answer is not chunked, and ends where the connection ends.
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: application/json\r\n\r\n".encode())
        await writer.drain()
        answer = await reader.read(-1)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    return body if status == [b"200"] else None
