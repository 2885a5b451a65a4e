"""A server as a process, and what it used, from the kernel's own accounting."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds and peak resident memory in MiB of a server and of its render workers together."""

    cpu: float
    peak: float
    workers_cpu: float
    workers_peak: float


def usage(pid: int) -> Usage:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return Usage(
        cpu=_cpu(pid),
        peak=_peak(pid),
        workers_cpu=sum(_cpu(int(child)) for child in children),
        workers_peak=sum(_peak(int(child)) for child in children),
    )


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """What a server and its render workers have now, in MiB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(_memory(int(each), "VmRSS:") for each in (str(pid), *children))


def _peak(pid: int) -> float:
    return _memory(pid, "VmHWM:")


def _memory(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024 / MIB
    return 0.0


@contextmanager
def server(folder: Path, **settings: str) -> Iterator[int]:
    own = {"CANTATA_DATA_DIR": str(folder / "data"), "CANTATA_PORT": "0"}
    environment = {**os.environ, **own, **settings}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # What is installed is compiled.
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("cantata"), "server"], env=environment, stdout=log, stderr=log
        )
    try:
        while not (folder / "data" / "server.json").is_file():
            if process.poll() is not None:
                sys.exit((folder / "server.log").read_text())
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()
