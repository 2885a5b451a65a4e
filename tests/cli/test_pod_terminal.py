"""A process in a pod on this side: its output, its exit code, ports in words, times in words."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import termios
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cantata.cli.inputs import ArgumentInvalid, parse_duration
from cantata.cli.pod_terminal import converse
from cantata.cli.port_forward import parse_ports
from cantata.cli.service_logs import parse_since


class Session:
    """A process that says `says` and ends with `exit_code`."""

    def __init__(self, *says: bytes, exit_code: int = 0) -> None:
        self._says = says
        self.exit_code = exit_code

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for each in self._says:
            yield each


async def test_output_goes_where_it_belongs_and_the_exit_code_is_handed_on(
    capfd: pytest.CaptureFixture[str],
) -> None:
    session: Any = Session(b"\x01out", b"\x02err", b"\x01put", exit_code=7)
    assert await converse(session, stdin=False, tty=False) == 7
    assert capfd.readouterr() == ("output", "err")


class Resized(Session):
    """A process whose terminal is resized when its first size was told, and that ends with the second."""

    def __init__(self, terminal: int) -> None:
        super().__init__()
        self._terminal = terminal
        self._sizes: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
        self.told: list[tuple[int, int]] = []

    async def resize(self, columns: int, rows: int) -> None:
        await self._sizes.put((columns, rows))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with asyncio.timeout(10):
            self.told.append(await self._sizes.get())
            termios.tcsetwinsize(self._terminal, (41, 111))
            os.kill(os.getpid(), signal.SIGWINCH)
            self.told.append(await self._sizes.get())
        for _ in ():
            yield b""


async def test_the_size_of_the_terminal_is_told_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shells export the size that a terminal had when they started."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (30, 100))
    with os.fdopen(master), os.fdopen(slave) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        session: Any = Resized(slave)
        assert await converse(session, stdin=False, tty=True) == 0
    assert session.told == [(100, 30), (111, 41)]


@pytest.mark.parametrize(
    ("words", "pairs"),
    [
        (["8080:80"], [(8080, 80)]),
        (["80"], [(80, 80)]),
        (["0:80", "5432:5432"], [(0, 80), (5432, 5432)]),
        (["65535:65535"], [(65535, 65535)]),
    ],
)
def test_ports_in_words(words: list[str], pairs: list[tuple[int, int]]) -> None:
    assert parse_ports(words) == pairs


@pytest.mark.parametrize("word", ["", "x", ":80", "80:", "0", "80:0", "65536", "1:2:3", "-1:80", "８０"])
def test_what_is_no_port(word: str) -> None:
    with pytest.raises(ArgumentInvalid):
        parse_ports([word])


def test_a_port_is_needed() -> None:
    with pytest.raises(ArgumentInvalid):
        parse_ports([])


@pytest.mark.parametrize(("word", "seconds"), [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400)])
def test_times_in_words(word: str, seconds: int) -> None:
    assert parse_since(word) == seconds


@pytest.mark.parametrize(
    ("word", "seconds"), [("90", 90), ("1.5", 1.5), ("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400)]
)
def test_how_long_to_wait(word: str, seconds: float) -> None:
    assert parse_duration(word) == seconds


@pytest.mark.parametrize("word", ["", "0", "m", "0s", "1w", "-1", "nan", "inf", "1e9", "9999999"])
def test_what_is_no_duration(word: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        parse_duration(word)


@pytest.mark.parametrize("word", ["", "10", "m", "0s", "1w", "-1s", "1.5h", "9999999s"])
def test_what_is_no_time(word: str) -> None:
    with pytest.raises(ArgumentInvalid):
        parse_since(word)
