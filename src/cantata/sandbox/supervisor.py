"""The small process that starts the others, watches and restarts them, and ends them all.

It is started by `Sandbox.start` as `python -m cantata.sandbox.supervisor FOLDER`, and at once detaches itself
from its parent and the terminal. It holds a lock for as long as it lives, reports to `status.json`, and ends
on SIGTERM. Where the plan names an owner, it ends as soon as that process does, and removes the folder.
`--starter PID` names the process that waits for the start: the supervisor gives up if that process ends
before the start is complete.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

from cantata.sandbox import probe
from cantata.sandbox.folder import Folder
from cantata.sandbox.process import SUPERVISOR_VARIABLE, SupervisedProcess
from cantata.sandbox.state import Phase, Plan, Run, Status, find_state, keep_state

START_DEADLINE = 120.0
POLL = 0.1
WATCH = 0.5
GRACE = 5.0
DEATHS_AT_START = 3
"""A process that dies that often before the start is complete will not start at all."""


class NotStarted(Exception):
    """Why the control plane did not come up; becomes the `reason` of the status."""


class Supervisor:
    def __init__(self, folder: Folder, plan: Plan, *, starter: int) -> None:
        self._folder = folder
        self._plan = plan
        self._starter = starter
        self._stop = asyncio.Event()
        self._ending = False
        self._context = probe.client_context(folder.pki)
        self._processes = {
            part.name: SupervisedProcess(part, folder, self._context, self._report)
            for part in plan.components
        }
        self._status = Status(
            plan.name,
            phase=Phase.STARTING,
            supervisor=os.getpid(),
            started_at=time.time(),
            server=plan.server,
            kubeconfig=str(folder.kubeconfig),
            components=[process.status for process in self._processes.values()],
        )

    async def run(self) -> None:
        """Start everything, keep it running until told to stop, and end it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        watch = asyncio.create_task(self._watch_parents())
        try:
            if await self._start_unless_stopped():
                await self._stop.wait()
        finally:
            watch.cancel()
            await self._end_all()

    async def _start_unless_stopped(self) -> bool:
        start = asyncio.create_task(self._start())
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait([start, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not start.done():
            start.cancel()
            await asyncio.wait([start])
            return False
        try:
            start.result()
        except NotStarted as trouble:
            self._status.phase, self._status.reason = Phase.FAILED, str(trouble)
            self._report()
            return False
        self._status.phase, self._status.step = Phase.RUNNING, ""
        self._report()
        return True

    async def _start(self) -> None:
        try:
            async with asyncio.timeout(START_DEADLINE):
                await self._start_and_wait("etcd")
                await self._start_and_wait("kube-apiserver")
                # The objects are created while these start, which saves a good part of a second.
                self._begin("kube-controller-manager", "kube-scheduler", "kwok")
                await self._apply()
                await self._served("kube-controller-manager", "kube-scheduler", "kwok")
                await self._wait("the nodes to be ready", self._nodes_ready)
                await self._wait("the default service account", self._default_account)
                if self._plan.metrics:
                    await self._start_and_wait("metrics-server")
                    await self._wait("the metrics API", self._metrics_served)
        except TimeoutError:
            raise NotStarted(f"{self._status.step} took longer than {START_DEADLINE:.0f} s") from None

    async def _start_and_wait(self, name: str) -> None:
        self._begin(name)
        await self._served(name)

    def _begin(self, *names: str) -> None:
        self._say(f"starting {', '.join(names)}")
        for name in names:
            self._processes[name].start()

    async def _served(self, *names: str) -> None:
        while any(self._processes[name].status.run is not Run.RUNNING for name in names):
            self._refuse_if_down()
            await asyncio.sleep(POLL)

    async def _wait(self, what: str, holds: Callable[[], Awaitable[bool]]) -> None:
        self._say(f"waiting for {what}")
        while not await holds():
            self._refuse_if_down()
            await asyncio.sleep(POLL)

    def _refuse_if_down(self) -> None:
        for process in self._processes.values():
            if process.died >= DEATHS_AT_START:
                lines = " / ".join(process.status.last_log[-2:])
                raise NotStarted(
                    f"{process.status.name} does not start ({process.status.last_exit}): {lines}"
                )

    async def _apply(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._plan.apply,
            cwd=self._folder.path,
            env={**os.environ, SUPERVISOR_VARIABLE: str(os.getpid())},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, errors = await process.communicate()
        if process.returncode != 0:
            raise NotStarted(f"creating the first objects failed: {errors.decode(errors='replace').strip()}")

    async def _get(self, path: str) -> bytes | None:
        return await probe.get(self._plan.server + path, self._context)

    async def _nodes_ready(self) -> bool:
        body = await self._get("/api/v1/nodes")
        nodes = json.loads(body)["items"] if body else []
        ready = [
            node
            for node in nodes
            if not node["spec"].get("taints")
            and any(
                condition["type"] == "Ready" and condition["status"] == "True"
                for condition in node.get("status", {}).get("conditions", [])
            )
        ]
        return len(ready) >= self._plan.nodes

    async def _default_account(self) -> bool:
        return await self._get("/api/v1/namespaces/default/serviceaccounts/default") is not None

    async def _metrics_served(self) -> bool:
        return await self._get("/apis/metrics.k8s.io/v1beta1") is not None

    @property
    def orphaned(self) -> bool:
        """Whether the process that this sandbox lives for has ended."""
        return bool(self._plan.owner) and not exists(self._plan.owner)

    @property
    def _abandoned(self) -> bool:
        """Whether the process that waits for the start has ended."""
        return self._status.phase is Phase.STARTING and bool(self._starter) and not exists(self._starter)

    async def _watch_parents(self) -> None:
        while True:
            if self.orphaned or self._abandoned:
                self._stop.set()
                return
            await asyncio.sleep(WATCH)

    async def _end_all(self) -> None:
        """Only etcd keeps anything, so only etcd is given time."""
        self._ending = True
        last = self._processes.get("etcd")
        others = [process for process in self._processes.values() if process is not last]
        await asyncio.gather(*(process.end() for process in others))
        if last is not None:
            await last.end(GRACE)
        if self._status.phase is not Phase.FAILED:
            self._status.phase, self._status.step, self._status.reason = Phase.STOPPED, "", ""
        self._report()

    def _say(self, step: str) -> None:
        self._status.step = step
        self._report()

    def _report(self) -> None:
        status = self._status
        if status.phase in (Phase.RUNNING, Phase.DEGRADED) and not self._ending:
            missing = [part for part in status.components if part.run is not Run.RUNNING]
            status.phase = Phase.DEGRADED if missing else Phase.RUNNING
            status.reason = ", ".join(f"{part.name} is {part.run}: {part.last_exit}" for part in missing)
        keep_state(self._folder.status, status)


def exists(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="cantata.sandbox.supervisor", description="Supervise one sandbox.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--starter", type=int, default=0)
    options = parser.parse_args(arguments)
    folder = Folder(options.folder)
    plan = find_state(folder.plan, Plan)
    if plan is None:
        parser.error(f"{folder.plan} is missing")
    with folder.alive.open("w") as lock:
        if not take_lock(lock):
            parser.error(f"{folder.path} has a supervisor already")
        # The child keeps the lock. It is nobody's child then, so whoever started it need not wait for it.
        if os.fork():
            os._exit(0)
        os.setsid()
        supervisor = Supervisor(folder, plan, starter=options.starter)
        asyncio.run(supervisor.run())
        if supervisor.orphaned:
            shutil.rmtree(folder.path)
        # The lock goes with the process, not a moment before: whoever waits for it may rely on that.
        os._exit(0)


def take_lock(lock: IO[str]) -> bool:
    """Tries for a second: whoever asks whether a supervisor lives holds the lock for a moment."""
    for _ in range(20):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


if __name__ == "__main__":
    main()
