"""One render worker: a process, its pipes and what it last said before it died."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from cantata.render.errors import RenderError, RenderOutOfMemory, RenderTimedOut, RenderWorkerDied
from cantata.render.protocol import OVERHEAD, Answer, Request, encode, read_answer
from cantata.render.settings import MIB, RenderSettings

STDERR_KEPT = 16 * 1024
PIPE_BUFFER = 4 * MIB


class Worker:
    """A running process that serves one request at a time. After an error of `ask` it is of no use."""

    def __init__(self, process: Process, settings: RenderSettings) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._settings = settings
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._said = bytearray()
        self._answering = False
        self._listening = asyncio.create_task(self._listen(process.stderr), name="render worker stderr")

    @classmethod
    async def start(cls, program: Path, settings: RenderSettings) -> Worker:
        """Start a process with an empty environment. It limits its own memory before it reads anything.

        Raises `RenderWorkerDied`.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                program,
                f"-data-bytes={settings.memory_bytes}",
                f"-heap-bytes={settings.heap_bytes}",
                f"-cache-bytes={settings.cache_bytes}",
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env={},
                limit=PIPE_BUFFER,
            )
        except OSError as error:
            raise RenderWorkerDied(
                f"the render worker {program} cannot be started: {error.strerror}",
                hint="If the program is gone, start the server again, which builds it.",
            ) from error
        return cls(process, settings)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        """False once it died or a request was left without its answer."""
        return self._process.returncode is None and not self._answering

    async def ask(self, request: Request, body: bytes, subject: str) -> Answer:
        """Send a request and wait for its answer until the deadline.

        Raises `RenderTimedOut`, `RenderOutOfMemory` and `RenderWorkerDied`.
        """
        self._answering = True
        try:
            async with asyncio.timeout(self._settings.deadline):
                for piece in encode(request, body):
                    self._stdin.write(piece)
                await self._stdin.drain()
                answer = await read_answer(self._stdout, request.limits.output_bytes + OVERHEAD)
        except TimeoutError as error:
            raise RenderTimedOut(
                f"{request.op} took longer than {self._settings.deadline:g} s and was stopped",
                subject=subject,
                hint="Look for a loop over a value without bounds in the templates.",
            ) from error
        except (EOFError, ConnectionError, ValueError) as error:
            raise await self._death(request.op, subject, error) from error
        if answer.id not in (request.id, 0):  # 0: the worker could not read the request.
            raise RenderWorkerDied(f"{request.op}: the render worker answered another request")
        self._answering = False
        return answer

    async def _death(self, op: str, subject: str, cause: Exception) -> RenderError:
        """The most likely reason, by the last words of the process."""
        await self.kill()
        said = bytes(self._said).decode(errors="replace")
        if "out of memory" in said or "cannot allocate memory" in said:
            limit = self._settings.memory_bytes // MIB
            return RenderOutOfMemory(
                f"{op} needed more than {limit} MiB of memory and was stopped",
                subject=subject,
                hint="Look for text or lists that double in a loop in the templates.",
            )
        reason = next((line for line in said.splitlines() if line.strip()), "") or str(cause)
        return RenderWorkerDied(
            f"{op}: the render worker ended with status {self._process.returncode}: {reason}",
            subject=subject,
            hint="Try again; a new worker takes its place.",
        )

    async def kill(self) -> None:
        """End the process now and wait until it is gone. Does nothing the second time."""
        if self._process.returncode is None:
            # Not process.kill(): in Python 3.11 that may reap the child before the event loop can.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        await self._process.wait()
        await self._listening
        self._stdin.close()
        with contextlib.suppress(ConnectionError):
            await self._stdin.wait_closed()

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        """Drain the error output, so that the process never waits for us; keep its first words."""
        while chunk := await stderr.read(4096):
            self._said += chunk[: STDERR_KEPT - len(self._said)]
