"""`Sandbox`: the public interface, used by the command line and by tests."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from cantata.errors import CantataError, Category
from cantata.sandbox.folder import Folder
from cantata.sandbox.state import Phase, Plan, Ports, Settings, Status, find_state, keep_state

Say = Callable[[str], None]

STOP_DEADLINE = 30.0
POLL = 0.05


class SandboxNotStarted(CantataError):
    category: ClassVar[Category] = Category.UNAVAILABLE


class SandboxNotFound(CantataError):
    category: ClassVar[Category] = Category.NOT_FOUND


class SandboxDiffers(CantataError):
    category: ClassVar[Category] = Category.CONFLICT


class SandboxComponentNotFound(CantataError):
    category: ClassVar[Category] = Category.NOT_FOUND


class Sandbox:
    """A control plane by its name; the object itself holds nothing but paths, so make as many as you like.

    `root` is the folder of all sandboxes (default: the user's data folder, or below `CANTATA_DATA_DIR`).
    Every call is synchronous; calls that change something wait for each other, also between processes.

    Raises `InvalidSandboxName`.
    """

    def __init__(self, name: str = "default", root: Path | None = None) -> None:
        self.name = name
        self._folder = Folder.of(name, root)

    @property
    def path(self) -> Path:
        """The folder that holds everything of this sandbox."""
        return self._folder.path

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of the sandbox's administrator; the file exists after the first start."""
        return self._folder.kubeconfig

    @property
    def tokens(self) -> dict[str, str]:
        """Bearer tokens by user: `admin` (all), `viewer` (ClusterRole view), `nobody` (nothing). Secret.

        Raises `SandboxNotFound` before the first start.
        """
        from cantata.sandbox.pki import read_tokens

        self._must_exist()
        return read_tokens(self._folder.pki)

    def tool(self, role: str, say: Say = lambda _line: None) -> Path:
        """The real command of this name (`kubectl`, `helm`), built if it has to be.

        Raises `SandboxComponentNotFound` and what `toolchain.build` raises.
        """
        from cantata.sandbox.program import ROLES, build_program

        if role not in ROLES:
            raise SandboxComponentNotFound(
                f"the sandbox has no program {role}", subject=role, hint=f"It has {', '.join(ROLES)}."
            )
        return build_program(say) / role

    def start(
        self,
        say: Say = lambda _line: None,
        *,
        nodes: int | None = None,
        metrics: bool | None = None,
        exec: bool | None = None,  # noqa: A002 - as kubectl calls it
        owner: int | None = None,
    ) -> Status:
        """Build what is missing, start all processes and return when the cluster is usable.

        `say` gets one line per step. `nodes` (default 3), `metrics` and `exec` (default off) are decided by
        the first start; with `exec`, what a container is to run, this machine runs. With `owner` the sandbox
        lives only as long as the process with this id, and its folder goes with it. A sandbox that runs
        already is left as it is; one that another process starts is waited for. Whatever interrupts a start,
        it leaves nothing running.

        Raises `SandboxNotStarted` (with the reason), `SandboxDiffers`, and what `toolchain.build` raises.
        """
        from cantata.sandbox.program import build_program

        programs = build_program(say)
        self._folder.create()
        with self._locked():
            settings = self._settings(nodes, metrics, exec)
            if self._is_alive():
                return self._await_start(say)
            self._prepare(settings, programs, owner or 0)
            try:
                self._spawn_supervisor()
                return self._await_start(say)
            except BaseException:
                self._end()
                raise

    def stop(self) -> Status:
        """End all processes; the content of the cluster stays for the next start."""
        if not self._folder.path.exists():
            return self.status()
        with self._locked():
            self._end()
        return self.status()

    def reset(self, say: Say = lambda _line: None) -> Status:
        """Empty the cluster. A sandbox that was running is started again.

        Raises `SandboxNotFound`, and what `start` raises.
        """
        self._must_exist()
        with self._locked():
            was_running = self._is_alive()
            self._end()
            shutil.rmtree(self._folder.etcd, ignore_errors=True)
        if not was_running:
            return self.status()
        plan = find_state(self._folder.plan, Plan)
        return self.start(say, owner=plan.owner if plan else None)

    def remove(self) -> None:
        """End all processes and delete the sandbox's folder."""
        if self._folder.path.exists():
            self.stop()
            shutil.rmtree(self._folder.path)

    def status(self) -> Status:
        """What the supervisor reported last, or `stopped`. Never raises for a sandbox that does not exist."""
        status = find_state(self._folder.status, Status) or Status(self.name)
        if not self._is_alive() and status.phase not in (Phase.STOPPED, Phase.FAILED):
            status.phase = Phase.FAILED
            status.reason = "the supervisor of the sandbox was killed; start it again"
        return status

    def logs(self, component: str, *, follow: bool = False) -> Iterator[str]:
        """The log lines of one process (or of `supervisor`); with `follow` goes on until the sandbox ends.

        Raises `SandboxComponentNotFound`.
        """
        path = self._folder.log(component)
        if not path.is_file():
            known = sorted(file.stem for file in self._folder.logs.glob("*.log"))
            raise SandboxComponentNotFound(
                f"sandbox {self.name} has no log of {component}",
                subject=f"sandbox {self.name}",
                hint=f"It has logs of {', '.join(known)}." if known else "Start it first.",
            )
        return self._lines(path, follow)

    def _lines(self, path: Path, follow: bool) -> Iterator[str]:
        with path.open(errors="replace") as file:
            while True:
                was_alive = self._is_alive()
                for line in file:
                    yield line.rstrip("\n")
                if not follow or not was_alive:
                    return
                time.sleep(POLL)

    def _must_exist(self) -> None:
        if not self._folder.settings.exists():
            raise SandboxNotFound(
                f"there is no sandbox {self.name}",
                subject=f"sandbox {self.name}",
                hint=f"Run `cantata sandbox start --name {self.name}`.",
            )

    def _settings(self, nodes: int | None, metrics: bool | None, run: bool | None) -> Settings:
        kept = find_state(self._folder.settings, Settings)
        default = kept or Settings()
        wanted = Settings(
            nodes=default.nodes if nodes is None else nodes,
            metrics=default.metrics if metrics is None else metrics,
            exec=default.exec if run is None else run,
        )
        if kept is not None and kept != wanted:
            made = f"nodes={kept.nodes}, metrics={str(kept.metrics).lower()}, exec={str(kept.exec).lower()}"
            raise SandboxDiffers(
                f"sandbox {self.name} was made with {made}",
                subject=f"sandbox {self.name}",
                hint="Start it without these options, take another name, or remove it first.",
            )
        return wanted

    def _prepare(self, settings: Settings, programs: Path, owner: int) -> None:
        """Write everything that the processes read."""
        from cantata.sandbox import components, objects, pki, ports, program

        folder = self._folder
        pki.create_pki(folder.pki)
        chosen = ports.choose_ports(find_state(folder.ports, Ports))
        plan = components.make_plan(self.name, folder, settings, chosen, programs, owner)
        components.write_files(folder, settings, program.kubernetes_version())
        first = objects.first_objects(settings, chosen, (folder.pki / "ca.crt").read_bytes())
        (folder.path / "objects.json").write_text(json.dumps(first))
        text = pki.kubeconfig(folder.pki, f"sandbox-{self.name}", plan.server)
        folder.kubeconfig.touch(mode=0o600)
        folder.kubeconfig.write_text(text)
        keep_state(folder.settings, settings)
        keep_state(folder.ports, chosen)
        keep_state(folder.plan, plan)

    def _spawn_supervisor(self) -> None:
        keep_state(
            self._folder.status, Status(self.name, phase=Phase.STARTING, step="starting the supervisor")
        )
        log = self._folder.log("supervisor")
        with log.open("ab") as output:
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "cantata.sandbox.supervisor",
                    str(self._folder.path),
                    f"--starter={os.getpid()}",
                ],
                cwd=self._folder.path,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode != 0:
            raise SandboxNotStarted(
                f"the supervisor of sandbox {self.name} ended with status {done.returncode}",
                subject=f"sandbox {self.name}",
                hint=f"Its log is {log}.",
            )

    def _await_start(self, say: Say) -> Status:
        said = ""
        while True:
            status = self.status()
            if status.phase in (Phase.RUNNING, Phase.DEGRADED):
                return status
            if status.phase in (Phase.FAILED, Phase.STOPPED):
                raise SandboxNotStarted(
                    f"sandbox {self.name} did not start: {status.reason or 'it was stopped meanwhile'}",
                    subject=f"sandbox {self.name}",
                    hint=f"The logs are in {self._folder.logs}.",
                )
            if status.step != said:
                said = status.step
                say(said)
            time.sleep(POLL)

    def _end(self) -> None:
        """Stop the supervisor, which ends all others; kill its whole process group if it does not."""
        status = find_state(self._folder.status, Status)
        if status is None or not self._is_alive():
            return
        if not status.supervisor:
            status = self._await_supervisor(status)
        deadline = time.monotonic() + STOP_DEADLINE
        self._signal(os.kill, status, signal.SIGTERM)
        while self._is_alive():
            if time.monotonic() > deadline:
                self._signal(os.killpg, status, signal.SIGKILL)
            time.sleep(POLL)

    def _signal(self, send: Callable[[int, int], None], status: Status, number: signal.Signals) -> None:
        """Send a signal to the supervisor, or to its group, unless it ended by itself meanwhile."""
        if status.supervisor:  # Process 0 would mean ourselves.
            with suppress(ProcessLookupError):
                send(status.supervisor, number)

    def _await_supervisor(self, status: Status) -> Status:
        """A supervisor that has just begun reports its process id in a moment."""
        while not status.supervisor and self._is_alive():
            time.sleep(POLL)
            status = self.status()
        return status

    def _is_alive(self) -> bool:
        """Whether a supervisor holds its lock."""
        try:
            with self._folder.alive.open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._folder.starting.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
