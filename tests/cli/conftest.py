"""The real `cantata` command as a process, and a real server without a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.secrecy import Traces

CANTATA = str(Path(sys.executable).with_name("cantata"))
START_SECONDS = 300
"""The first start builds the render worker."""

Run = Callable[..., "Done"]


class Done:
    """What a command left behind."""

    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run_with(environment: dict[str, str]) -> Run:
    def run(*words: str, text: str = "", env: dict[str, str] | None = None, cwd: Path | None = None) -> Done:
        done = Done(
            subprocess.run(
                [CANTATA, *words],
                input=text,
                capture_output=True,
                text=True,
                cwd=cwd,
                env={**clean(), **environment, **(env or {})},
                timeout=60,
            )
        )
        assert "Traceback" not in done.err
        return done

    return run


def clean() -> dict[str, str]:
    """The environment without what would lead to a server of the user's."""
    return {key: value for key, value in os.environ.items() if not key.startswith("CANTATA_")}


def folders(root: Path) -> dict[str, str]:
    return {"CANTATA_DATA_DIR": str(root / "data"), "CANTATA_CONFIG_DIR": str(root / "config")}


@pytest.fixture
def alone(tmp_path: Path) -> Run:
    """The command where no server is known."""
    return run_with(folders(tmp_path))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a running server."""
    root = tmp_path_factory.mktemp("served")
    environment = {**folders(root), "CANTATA_PORT": "0", "CANTATA_WORKERS": "1"}
    environment["CANTATA_MARKET_ALLOW"] = "127.0.0.0/8"
    log = root / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [CANTATA, "server"], env={**clean(), **environment}, stdout=sink, stderr=sink
        )
    traces = Traces(folders={root})
    traces.server(root / "data", process.pid)
    until = time.monotonic() + START_SECONDS
    while not (root / "data" / "server.json").is_file():
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")
        time.sleep(0.05)
    yield environment
    process.terminate()
    assert process.wait(30) == 0, log.read_text()[-3000:]
    traces.assert_none_in_clear()


@pytest.fixture
def cantata(served: dict[str, str]) -> Run:
    """The command of the user who runs that server."""
    return run_with(served)
