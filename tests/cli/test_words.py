"""Words, help, exit codes: what needs no server."""

from __future__ import annotations

import os
import pty
import subprocess
import time
from pathlib import Path

import pytest
from tests.cli.conftest import CANTATA, Run, clean, folders

from cantata import __version__
from cantata.cli.groups import GROUPS
from cantata.errors import EXIT, Category


def test_the_help_names_every_command(alone: Run) -> None:
    done = alone("--help")
    assert done.code == 0
    assert all(f" {name} " in done.out for name in GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_every_command_has_help(alone: Run, group: str) -> None:
    done = alone(group, "--help")
    assert done.code == 0, done.err
    assert "Usage: cantata" in done.out


def test_the_version(alone: Run) -> None:
    assert alone("--version").out.strip() == __version__
    done = alone("version", "-o", "json")
    assert done.json == {"client": __version__, "server": "", "url": ""}


@pytest.mark.parametrize(
    "words",
    [
        ("confgi", "list"),
        ("config", "lsit"),
        ("config", "create"),
        ("config", "list", "--colour"),
        ("config", "show", "shop@"),
        ("config", "list", "-o", "xml"),
        ("app", "create", "shop", "--template", "shop@", "--config", "dev"),
        ("app", "create", "shop", "--template", "shop", "--config", "dev", "--service-overrides", "web"),
        ("app", "delete", "shop"),
        ("app", "deploy", "shop", "--timeout", "soon"),
        ("app", "deploy", "shop", "--timeout", "0"),
        ("config", "create", "shop", "-f", "/no/such/file.yaml"),
        ("template", "import", "shop", "/no/such/folder"),
        ("login", "cantata.example.org"),
        ("token", "create", "ci", "--role", "boss"),
    ],
)
def test_wrong_words_exit_with_2_and_say_why(alone: Run, words: tuple[str, ...]) -> None:
    done = alone(*words)
    assert done.code == EXIT[Category.INVALID] == 2
    assert done.err.strip()
    assert done.out == ""


def test_a_patch_that_is_no_yaml_is_told_by_its_place(alone: Run, tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text("spec: [\n")
    done = alone("service", "edit", "shop", "web", "--patch", str(file))
    assert done.code == EXIT[Category.INVALID]
    assert done.err.splitlines()[0].startswith(
        f"error: {file}:2:1: this is no YAML: expected the node content"
    )


def test_a_wrong_setting_is_named(alone: Run) -> None:
    done = alone("server", env={"CANTATA_PORT": "eighty"})
    assert done.code == 2
    assert "CANTATA_PORT" in done.err


def test_a_data_directory_that_cannot_be_made_is_named(alone: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        done = alone("server", env={"CANTATA_DATA_DIR": str(folder), "CANTATA_PORT": "0"})
        assert (done.code, str(folder) in done.err, "CANTATA_DATA_DIR" in done.err) == (2, True, True)


def test_ctrl_d_instead_of_an_answer_ends_the_command(tmp_path: Path) -> None:
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [CANTATA, "app", "forget", "shop"],
        stdin=end,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean(),
        cwd=tmp_path,
    ) as process:
        os.write(terminal, b"\x04")
        out, err = process.communicate(timeout=60)
    os.close(terminal)
    os.close(end)
    assert (process.returncode, "Type its name" in out, err) == (130, True, "")


def test_no_server_and_one_that_does_not_answer(alone: Run) -> None:
    done = alone("config", "list")
    assert (done.code, "no server is known" in done.err) == (7, True)
    done = alone("config", "list", env={"CANTATA_SERVER": "http://127.0.0.1:1"})
    assert (done.code, "127.0.0.1:1 does not answer" in done.err) == (7, True)
    assert "hint: " in done.err


def test_a_token_is_never_a_word_of_the_command_line(alone: Run) -> None:
    assert "--token " not in alone("login", "--help").out
    assert "--token " not in alone("config", "list", "--help").out


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["--help", "version"])
def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path, words: str, unbuffered: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{{ {CANTATA} {words}; echo $? >&2; }} | true"],
        capture_output=True,
        text=True,
        env={**clean(), **folders(tmp_path), "PYTHONUNBUFFERED": unbuffered},
        cwd=tmp_path,
    )
    assert done.stderr == "0\n"


def test_help_loads_no_command(tmp_path: Path) -> None:
    """What keeps the start short: nothing heavy is imported before a command is chosen."""
    code = (
        "import sys; sys.argv = ['cantata', '--help']\n"
        "from cantata.cli import main\n"
        "main()\n"
        "heavy = {'aiohttp', 'asyncio', 'cyclopts', 'litestar', 'sqlalchemy', 'rich', 'msgspec'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    python = str(Path(CANTATA).with_name("python"))
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, env=clean(), cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout[-300:] + done.stderr


def test_the_completion_of_a_shell_is_written(alone: Run, tmp_path: Path) -> None:
    done = alone("--install-completion", "--shell", "bash", env={"HOME": str(tmp_path)})
    assert done.code == 0, done.err
    assert any("cantata" in file.name for file in tmp_path.rglob("*"))


def test_help_of_a_group_loads_no_client(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['cantata', 'config', '--help']\n"
        "from cantata.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'aiohttp', 'litestar', 'sqlalchemy', 'platformdirs', 'markdown_it'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    python = str(Path(CANTATA).with_name("python"))
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, env=clean(), cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout[-300:] + done.stderr


def test_first_byte() -> None:
    """The budget is 150 ms on a quiet machine; here only that nothing slow has crept in."""
    began = time.monotonic()
    with subprocess.Popen([CANTATA, "--version"], stdout=subprocess.PIPE, env=clean()) as process:
        assert process.stdout is not None
        assert process.stdout.read(1)
        assert time.monotonic() - began < 5
