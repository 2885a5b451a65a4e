"""Reads a page of documentation as something to do.

A `yaml` or `sh` block whose first line is `# some/path` is a file to write. In a `console` block, lines that
begin with `$ ` are commands; the lines below one are what it prints, each of them somewhere in the real
output, in this order. In such a line `…` stands for anything, and runs of blanks are equal. `[exit 3]` is
the exit code, 0 where none is written.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEADLINE = 120.0
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"# (\S+)\n")
EXIT = re.compile(r"\[exit (\d+)\]")


@dataclass(frozen=True, slots=True)
class File:
    path: str
    text: str


@dataclass(slots=True)
class Command:
    line: int
    """In the page, counted from 1."""
    text: str
    expected: list[str] = field(default_factory=list)
    exit_code: int = 0


def follow(
    page: Path,
    environment: Mapping[str, str],
    folder: Path,
    done: Callable[[str], None] = lambda _command: None,
) -> None:
    """Does what the page says, in the folder, and tells each command that is done. Raises `AssertionError`
    where something else comes out."""
    steps = list(read_steps(page.read_text()))
    assert len(steps) >= 5, page
    for step in steps:
        match step:
            case File(path, text):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text)
            case Command():
                _run(step, page.name, environment, folder)
                done(step.text)


def _run(command: Command, page: str, environment: Mapping[str, str], folder: Path) -> None:
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
    told = f"{page}:{command.line}: {command.text}\n{done.stdout}"
    assert done.returncode == command.exit_code, told
    missing = find_missing(command.expected, done.stdout)
    assert missing is None, f"{told}\nThis line is not there: {missing}"


def read_steps(page: str) -> Iterator[File | Command]:
    """In the order of the page."""
    for block in FENCE.finditer(page):
        language, content = block.groups()
        path = PATH.match(content)
        if language in ("yaml", "sh") and path:
            yield File(path[1], content)
        elif language == "console":
            yield from _commands(content, page.count("\n", 0, block.start(2)) + 1)


def _commands(content: str, line: int) -> Iterator[Command]:
    command: Command | None = None
    for number, text in enumerate(content.splitlines(), start=line):
        if text.startswith("$ "):
            if command is not None:
                yield command
            command = Command(number, text.removeprefix("$ "))
        elif command is None:
            raise ValueError(f"line {number}: output without a command")
        elif code := EXIT.fullmatch(text):
            command.exit_code = int(code[1])
        else:
            command.expected.append(text)
    if command is not None:
        yield command


def find_missing(expected: list[str], output: str) -> str | None:
    """The first expected line that the rest of the output does not have."""
    lines = iter([" ".join(line.split()) for line in output.splitlines()])
    for wanted in expected:
        pattern = pattern_of(wanted)
        if not any(pattern.fullmatch(line) for line in lines):
            return wanted
    return None


def pattern_of(line: str) -> re.Pattern[str]:
    parts = [re.escape(" ".join(part.split())) for part in line.split("…")]
    return re.compile(r"\s*.*\s*".join(parts))
