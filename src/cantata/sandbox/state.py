"""What a sandbox is asked to be, and what its supervisor reports: two files of JSON, written atomically."""

from __future__ import annotations

import enum
import os
from pathlib import Path
from typing import TypeVar

import msgspec


class Phase(enum.StrEnum):
    """The state of a whole sandbox."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    DEGRADED = "degraded"
    """Started, and at least one process is not running now."""
    FAILED = "failed"
    """It did not start, or its supervisor ended without being asked to."""


class Run(enum.StrEnum):
    """The state of one process of a sandbox."""

    STARTING = "starting"
    """It was started and does not serve yet."""
    RUNNING = "running"
    RESTARTING = "restarting"
    """It died and will be started again in a moment."""
    DOWN = "down"
    """It died too often and stays down."""
    STOPPED = "stopped"


class Settings(msgspec.Struct, frozen=True):
    """What the first start of a sandbox decided; kept until it is removed."""

    nodes: int = 3
    metrics: bool = False
    exec: bool = False
    """Whether this machine runs what containers are to run."""


class Ports(msgspec.Struct, frozen=True):
    """Ports on 127.0.0.1; taken again by the next start where they are still free."""

    etcd: int
    etcd_peer: int
    kube_apiserver: int
    kwok: int
    metrics_server: int


class Component(msgspec.Struct, frozen=True):
    """One process to supervise: its whole command line, and the URL that answers 200 once it serves.

    `revive` is a command that is run some times after the process came back from a death; `{now}` in it is
    the time in milliseconds.
    """

    name: str
    arguments: list[str]
    health: str = ""
    revive: list[str] = []


class Plan(msgspec.Struct, frozen=True):
    """All that the supervisor needs to know, in the order of the start."""

    name: str
    server: str
    nodes: int
    metrics: bool
    components: list[Component]
    apply: list[str]
    """The command that creates the objects that each sandbox begins with."""
    owner: int = 0
    """The id of the process that the sandbox lives for; 0: it lives until it is stopped."""


class ComponentStatus(msgspec.Struct):
    """One process as its supervisor sees it. Times are seconds since the epoch."""

    name: str
    run: Run = Run.STOPPED
    pid: int = 0
    started_at: float = 0.0
    restarts: int = 0
    last_exit: str = ""
    """How it ended the last time: `killed by SIGKILL`, `exit status 1`, `not started: …`; empty if never."""
    last_exit_at: float = 0.0
    last_log: list[str] = []
    """Its last log lines at that moment."""


class Status(msgspec.Struct):
    """A sandbox as its supervisor reports it; `reason` says why it failed or is degraded."""

    name: str
    phase: Phase = Phase.STOPPED
    step: str = ""
    """What a start is doing, or waiting for."""
    reason: str = ""
    supervisor: int = 0
    started_at: float = 0.0
    server: str = ""
    kubeconfig: str = ""
    components: list[ComponentStatus] = []

    def component(self, name: str) -> ComponentStatus:
        """The process of this name. Raises `KeyError`."""
        for component in self.components:
            if component.name == name:
                return component
        raise KeyError(name)


T = TypeVar("T")


def find_state(path: Path, kind: type[T]) -> T | None:
    """The value kept in the file, None if there is no such file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None


def keep_state(path: Path, value: msgspec.Struct) -> None:
    """Write atomically and readable by the owner only: a reader sees the old or the new value."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(fresh, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(msgspec.json.format(msgspec.json.encode(value)))
    fresh.replace(path)
