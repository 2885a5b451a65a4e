"""Every `cantata` command that a page or a hint names is one that the command line understands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cyclopts.exceptions import MissingArgumentError

from cantata.cli.root import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
SOURCES = sorted(ROOT.glob("src/**/*.py"))
SHELL = re.compile(r"^```(?:sh|console)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(cantata [a-z][^`\n]*)`|\$\((cantata [a-z][^)]*)\)")
END_OF_COMMAND = {"|", ">", ">>", "&", "&&", ";"}


def blocks(page: Path) -> Iterator[str]:
    """Whole commands."""
    for block in SHELL.findall(page.read_text()):
        for line in block.splitlines():
            if line.removeprefix("$ ").startswith("cantata "):
                yield line.removeprefix("$ ")


def mentions(page: Path) -> Iterator[str]:
    """Commands in running text, which may leave out what does not matter there."""
    for found in INLINE.findall(page.read_text()):
        command = re.sub(r"\{[^{}]*\}", "1", next(filter(None, found)))  # What a program fills in.
        if not re.search(r"…|\w\|\w", command):  # No command, but what several have in common.
            yield command


def words(command: str) -> list[str]:
    """Without comment, redirection and what it is piped to, and without `cantata` itself."""
    split = shlex.split(command, comments=True)
    ends = [number for number, word in enumerate(split) if word in END_OF_COMMAND]
    return split[1 : min(ends, default=len(split))]


def understand(command: str) -> None:
    app.parse_args(words(command), exit_on_error=False, print_error=False)


GENERATED = ROOT / "docs" / "reference"
WHOLE = sorted({command for page in PAGES if not page.is_relative_to(GENERATED) for command in blocks(page)})
MENTIONED = sorted({command for page in (*PAGES, *SOURCES) for command in mentions(page)} - set(WHOLE))


@pytest.mark.parametrize("command", WHOLE)
def test_a_command_of_a_block(command: str) -> None:
    understand(command)


@pytest.mark.parametrize("command", MENTIONED)
def test_a_command_of_running_text(command: str) -> None:
    with suppress(MissingArgumentError):
        understand(command)
