"""The tutorial does what it says, on the real server and the real control plane."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.walkthrough import Command, File, find_missing, read_steps
from tests.e2e.conftest import Server

from cantata.sandbox import Sandbox

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
DEADLINE = 120.0


def test_a_line_is_found_by_its_pattern() -> None:
    output = "a  ready   1/1\nb  pending\n"
    assert find_missing(["a ready 1/1", "b …"], output) is None
    assert find_missing(["b …", "a …"], output) == "a …", "the order counts"
    assert find_missing(["a ready"], output) == "a ready", "the whole line counts"


@pytest.mark.sandbox
def test_the_tutorial(server: Server, sandbox: Sandbox, tmp_path: Path) -> None:
    programs = f"{Path(sys.executable).parent}:{sandbox.tool('kubectl').parent}:{os.environ['PATH']}"
    environment = {**server.environment, "PATH": programs, "KUBECONFIG": str(sandbox.kubeconfig)}
    steps = list(read_steps(TUTORIAL.read_text()))
    assert len(steps) > 20
    for step in steps:
        match step:
            case File(path, text):
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).write_text(text)
            case Command():
                check(step, environment, tmp_path)


def check(command: Command, environment: dict[str, str], folder: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", command.text],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    told = f"{TUTORIAL.name}:{command.line}: {command.text}\n{done.stdout}"
    assert done.returncode == command.exit_code, told
    missing = find_missing(command.expected, done.stdout)
    assert missing is None, f"{told}\nThis line is not there: {missing}"
