"""This terminal, or this pipe, as input and output of a process in a pod."""

from __future__ import annotations

import asyncio
import os
import shutil
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
    with raw_terminal(tty), resizing(session, tty):
        sending = asyncio.create_task(send_input(session)) if stdin else None
        try:
            async for message in session:
                descriptor = sys.stderr.fileno() if message[:1] == bytes([ERROR]) else sys.stdout.fileno()
                await asyncio.to_thread(write_all, descriptor, message[1:])
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
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


@contextmanager
def resizing(session: PodSession, tty: bool) -> Iterator[None]:
    """Tells the size now, and each time that it changes."""
    if not tty:
        yield
        return
    loop = asyncio.get_running_loop()
    telling: set[asyncio.Task[None]] = set()

    def tell() -> None:
        size = shutil.get_terminal_size()
        task = loop.create_task(session.resize(size.columns, size.lines))
        telling.add(task)
        task.add_done_callback(telling.discard)

    tell()
    loop.add_signal_handler(signal.SIGWINCH, tell)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)
