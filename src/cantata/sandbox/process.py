"""One process under supervision: started, watched, restarted when it dies, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cantata.sandbox import probe
from cantata.sandbox.folder import Folder
from cantata.sandbox.restart import restart_delay
from cantata.sandbox.state import Component, ComponentStatus, Run

SUPERVISOR_VARIABLE = "CANTATA_SANDBOX_SUPERVISOR"
"""Tells a process whose child it is, so that it ends when its supervisor was killed."""

POLL = 0.1
LOG_LINES = 8
LOG_BYTES = 64 * 1024
KEPT_LOG = 8 * 1024 * 1024
"""A log that has grown beyond this is set aside (one generation) when its process starts."""

REVIVALS = 5
REVIVAL_PAUSE = 1.0
"""How often, and how many seconds apart, `Component.revive` is run after a death."""


class SupervisedProcess:
    """Keeps `status` up to date and calls `changed` after every change of it."""

    def __init__(
        self,
        component: Component,
        folder: Folder,
        context: ssl.SSLContext,
        changed: Callable[[], None],
        delay_after: Callable[[Sequence[float], float], float | None] = restart_delay,
    ) -> None:
        self.component = component
        self.status = ComponentStatus(component.name)
        self._folder = folder
        self._context = context
        self._changed = changed
        self._delay_after = delay_after
        self._process: asyncio.subprocess.Process | None = None
        self._deaths: list[float] = []
        self._ending = False
        self._watch: asyncio.Task[None] | None = None

    @property
    def died(self) -> int:
        """How often it has died."""
        return len(self._deaths)

    @property
    def log(self) -> Path:
        return self._folder.log(self.component.name)

    def start(self) -> None:
        """Start it, and go on watching it in the background."""
        self._watch = asyncio.create_task(self._keep_running(), name=self.component.name)

    async def end(self, grace: float = 0) -> None:
        """Kill it, after it was asked to end and did not for `grace` seconds."""
        self._ending = True
        process = self._process
        if process is not None and process.returncode is None:
            try:
                async with asyncio.timeout(grace):
                    process.terminate()
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._watch is not None:
            self._watch.cancel()
        self.status.run, self.status.pid = Run.STOPPED, 0
        self._changed()

    async def _keep_running(self) -> None:
        while True:
            try:
                ended = describe_exit(await self._live())
            except OSError as error:  # Its program is gone, say, or the machine has no memory left.
                ended = f"not started: {error.strerror}"
            if self._ending:
                return
            now = time.time()
            self._deaths.append(now)
            delay = self._delay_after(self._deaths, now)
            status = self.status
            status.pid, status.run = 0, Run.DOWN if delay is None else Run.RESTARTING
            status.last_exit, status.last_exit_at = ended, now
            status.last_log = last_lines(self.log)
            self._changed()
            if delay is None:
                return
            await asyncio.sleep(delay)
            status.restarts += 1

    async def _live(self) -> int:
        """One life of the process, from its start to its exit code."""
        self._process = await self._spawn()
        self.status.run, self.status.pid, self.status.started_at = (
            Run.STARTING,
            self._process.pid,
            time.time(),
        )
        self._changed()
        serve = asyncio.create_task(self._await_service())
        try:
            return await self._process.wait()
        finally:
            serve.cancel()

    async def _await_service(self) -> None:
        while True:
            if not self.component.health or await probe.get(self.component.health, self._context) is not None:
                break
            await asyncio.sleep(POLL)
        self.status.run = Run.RUNNING
        self._changed()
        if self.status.restarts and self.component.revive:
            await self._revive()

    async def _revive(self) -> None:
        """More than once: that a process serves does not mean that it knows everything yet. The process's log
        tells what fails."""
        for _ in range(REVIVALS):
            now = str(time.time_ns() // 1_000_000)
            with self.log.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *(word.replace("{now}", now) for word in self.component.revive),
                    cwd=self._folder.path,
                    env={**os.environ, SUPERVISOR_VARIABLE: str(os.getpid())},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=log,
                )
            await process.wait()
            await asyncio.sleep(REVIVAL_PAUSE)

    async def _spawn(self) -> asyncio.subprocess.Process:
        if self.log.exists() and self.log.stat().st_size > KEPT_LOG:
            self.log.replace(self.log.with_suffix(".previous.log"))
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self.component.arguments,
                cwd=self._folder.path,
                env={**os.environ, SUPERVISOR_VARIABLE: str(os.getpid())},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


def describe_exit(code: int) -> str:
    """How a process ended, in words: `killed by SIGKILL`, `exit status 1`."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def last_lines(log: Path, count: int = LOG_LINES) -> list[str]:
    """The last lines of a log that say something."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]
