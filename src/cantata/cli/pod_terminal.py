"""This terminal, or this pipe, as input and output of a process in a pod."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import threading
import tty as terminal_modes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cantata.contract.pods import ERROR

if TYPE_CHECKING:
    from cantata.client.pods import PodSession

READ_BYTES = 32 * 1024


async def converse(session: PodSession, *, stdin: bool, tty: bool) -> int:
    """Until the process has ended; gives its exit code. With `tty`, keys go to it as they are, Ctrl-C too."""
    with raw_terminal(tty):
        telling = [tell_sizes(session)] if tty else []
        telling += [send_input(session)] if stdin else []
        tasks = [asyncio.create_task(each) for each in telling]
        try:
            async for message in session:
                descriptor = sys.stderr.fileno() if message[:1] == bytes([ERROR]) else sys.stdout.fileno()
                await asyncio.to_thread(write_all, descriptor, message[1:])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return session.exit_code


async def send_input(session: PodSession) -> None:
    """What is read is sent before more is read."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[bytes] = asyncio.Queue(1)

    def read() -> None:
        # A thread of its own that nobody waits for: reading a terminal cannot be ended.
        while True:
            try:
                piece = os.read(sys.stdin.fileno(), READ_BYTES)
            except OSError:
                piece = b""
            try:
                asyncio.run_coroutine_threadsafe(pieces.put(piece), loop).result()
            except (RuntimeError, asyncio.CancelledError):
                return
            if not piece:
                return

    threading.Thread(target=read, daemon=True).start()
    while piece := await pieces.get():
        await session.write(piece)
    await session.end_input()


def write_all(descriptor: int, data: bytes) -> None:
    """Whole: a reader that is slow slows the process."""
    while data:
        data = data[os.write(descriptor, data) :]


@contextmanager
def raw_terminal(tty: bool) -> Iterator[None]:
    if not tty:
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    terminal_modes.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


async def tell_sizes(session: PodSession) -> None:
    """Tells the terminal's size now, and each time that it changes. The terminal is asked itself: COLUMNS and
    LINES, where they are exported, stay what they were."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()
    loop.add_signal_handler(signal.SIGWINCH, changed.set)
    try:
        while True:
            changed.clear()
            size = os.get_terminal_size(sys.stdin.fileno())
            await session.resize(size.columns, size.lines)
            await changed.wait()
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)
