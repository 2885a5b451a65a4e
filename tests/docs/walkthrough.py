"""Reads a page of documentation as something to do.

A `yaml` block whose first line is `# some/path` is a file to write. In a `console` block, lines that begin
with `$ ` are commands; the lines below one are what it prints, each of them somewhere in the real output, in
this order. In such a line `…` stands for anything, and runs of blanks are equal. `[exit 3]` is the exit
code, 0 where none is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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


def read_steps(page: str) -> Iterator[File | Command]:
    """In the order of the page."""
    for block in FENCE.finditer(page):
        language, content = block.groups()
        first = content.partition("\n")[0]
        if language == "yaml" and first.startswith("# "):
            yield File(first.removeprefix("# "), content)
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
