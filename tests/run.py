"""Everything that CI runs, in stages, each with its time: `make test`.

The Go programs take minutes to build on a new machine, so they are built in the background while linters and
the tests that need no cluster run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.charts.registries import build_registry

from cantata.render.program import build_worker
from cantata.sandbox.program import build_program
from cantata.toolchain import GO_ENVIRONMENT, find_go

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
PURE = ("tests/core", "tests/contract", "tests/reconcile")
SLOWEST = "--durations=20"


def main() -> int:
    began = time.monotonic()
    build = Build()
    build.start()
    stages: list[tuple[str, float, bool]] = []

    def stage(name: str, *commands: Sequence[str | Path], folder: Path = ROOT) -> None:
        print(f"\n=== {name}", flush=True)
        start = time.monotonic()
        environment = {**os.environ, **GO_ENVIRONMENT}
        good = all(subprocess.run(each, cwd=folder, env=environment).returncode == 0 for each in commands)
        stages.append((name, time.monotonic() - start, good))

    pytest = (TOOLS / "pytest", "-q", SLOWEST, "--durations-min=1")
    stage(
        "format, lint, types, directions",
        (TOOLS / "ruff", "format", "--check", "--quiet", "."),
        (TOOLS / "ruff", "check", "--quiet", "."),
        (TOOLS / "mypy",),
        (TOOLS / "lint-imports",),
    )
    stage("pure tests", (*pytest, "-m", "not sandbox", *PURE))
    # Two at once: most of them wait for a server of their own to be put together.
    pair = (*pytest, "-n", "2", "--dist", "loadfile")
    stage("tests without a cluster", (*pair, "-m", "not sandbox and not soak", "tests", *ignored(PURE)))
    start = time.monotonic()
    print("\n=== waiting for the control plane to be built", flush=True)
    build.join()
    stages.append(("the rest of the Go build", time.monotonic() - start, build.error is None))
    if build.error is None:
        go = find_go()
        for module in ("renderer", "sandbox"):
            commands = ((go, "vet", "./..."), (go, "test", "./..."))
            stage(f"go vet and go test: {module}", *commands, folder=ROOT / module)
        stage("tests on the control plane", (*pytest, "-m", "sandbox and not soak", "tests"))
    else:
        print(f"the Go build failed: {build.error}", flush=True)

    print("\n=== stages")
    for name, seconds, good in stages:
        print(f"{'passed' if good else 'FAILED'} {seconds:7.1f} s  {name}")
    print(f"       {time.monotonic() - began:7.1f} s  in all", flush=True)
    return 0 if all(good for _, _, good in stages) else 1


def ignored(folders: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"--ignore={folder}" for folder in folders)


class Build(threading.Thread):
    """All Go programs, the small ones first; `error` is what went wrong."""

    def __init__(self) -> None:
        super().__init__(name="go build", daemon=True)
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            build_worker(self.say)
            build_registry(self.say)
            build_program(self.say)
        except Exception as error:  # Told by the main thread, which fails the run.
            self.error = error

    def say(self, line: str) -> None:
        print(f"[go] {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
