"""Cuts a byte stream into lines."""

from __future__ import annotations

from collections.abc import Iterator


class LineBuffer:
    """Feed it chunks, take lines without their line ends. Holds at most one unfinished line and a chunk."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def __len__(self) -> int:
        """Bytes of the unfinished line."""
        return len(self._rest)

    def feed(self, chunk: bytes) -> list[bytes]:
        first, found, rest = chunk.partition(b"\n")
        self._rest += first
        if not found:
            return []
        lines = [bytes(self._rest)]
        *more, last = rest.split(b"\n")
        lines += more
        self._rest = bytearray(last)
        return lines

    def take(self) -> bytes:
        """What is left of an unfinished line."""
        rest = bytes(self._rest)
        self._rest.clear()
        return rest


def pieces(line: bytes, limit: int) -> Iterator[bytes]:
    """A line longer than `limit` bytes as several, so that nothing is lost and nothing is endless."""
    if len(line) <= limit:
        yield line
        return
    for start in range(0, len(line), limit):
        yield line[start : start + limit]
