"""`cantata config edit` with scripted editors: what it saves, what comes back, what is kept."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.conftest import CANTATA, Done, Run, clean

from cantata.cli.config_edit import error_notes
from cantata.cli.drafts import Note, with_notes, without_notes
from cantata.errors import CantataError, Detail, Place

TEXT = "db:\n  host: db  # here\n  pool: 1\nport: 1\n"

Editor = Callable[..., dict[str, str]]


@pytest.fixture
def name(cantata: Run, namespace: str) -> str:
    made = cantata("config", "create", namespace, "-f", "-", text=TEXT)
    assert made.code == 0, made.err
    return namespace


@pytest.fixture
def drafts(served: dict[str, str]) -> Callable[[str], list[Path]]:
    def found(name: str) -> list[Path]:
        return list(Path(served["CANTATA_DATA_DIR"], "drafts").glob(f"*/{name}@*.yaml"))

    return found


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    """Shell scripts, one for each time that the editor is opened; `$1` is the file, `$SEEN` keeps copies."""

    def script(*steps: str) -> dict[str, str]:
        for number, step in enumerate(steps, 1):
            (tmp_path / f"step{number}").write_text(step)
        (tmp_path / "count").write_text("0")
        file = tmp_path / "editor"
        file.write_text(
            f'#!/bin/sh\ncd {tmp_path}\nn=$(($(cat count) + 1)); echo $n > count\ncp "$1" seen$n\n'
            'test -f step$n || { echo "opened once too often" >&2; exit 9; }\n. ./step$n\n'
        )
        file.chmod(0o755)
        return {"VISUAL": str(file)}

    return script


def test_what_is_wrong_comes_back_beside_the_text(
    cantata: Run, name: str, editor: Editor, drafts: Callable[[str], list[Path]], tmp_path: Path
) -> None:
    env = editor(
        'sed -i "s/port: 1/yes: 1/" "$1"; echo "a b: 1" >> "$1"', 'sed -i "s/yes:/port:/;/a b/d" "$1"'
    )
    done = cantata("config", "edit", name, env=env)
    assert (done.code, done.out) == (0, f"config  {name}@1\n"), done.err
    seen = (tmp_path / "seen2").read_text().splitlines()
    assert seen[0].startswith("#cantata! This cannot be saved yet")
    at = seen.index("yes: 1")
    assert seen[at - 1].startswith("#cantata! ↓ column 1: the key yes is read as bool")
    assert seen[seen.index("a b: 1") - 1].startswith("#cantata! ↓ column 1: the key a b")
    assert cantata("config", "show", name).out == TEXT
    assert drafts(name) == []


def test_broken_yaml_comes_back_beside_its_line(
    cantata: Run, name: str, editor: Editor, tmp_path: Path
) -> None:
    env = editor('echo "b: [1" >> "$1"', 'sed -i "s/b: .1/b: [1]/" "$1"')
    done = cantata("config", "edit", name, "-m", "two tries", env=env)
    assert (done.code, done.out) == (0, f"config  {name}@2\n"), done.err
    assert "#cantata! ↓" in (tmp_path / "seen2").read_text()
    assert cantata("config", "show", name).out == TEXT + "b: [1]\n"


def test_an_edit_that_is_given_up_is_kept_and_offered_again(
    cantata: Run, name: str, editor: Editor, drafts: Callable[[str], list[Path]]
) -> None:
    given_up = cantata("config", "edit", name, env=editor('echo "a b: 1" >> "$1"', "true"))
    assert given_up.code == 2
    (draft,) = drafts(name)
    assert f"your edit is kept in {draft}" in given_up.err
    assert (draft.name, stat.S_IMODE(draft.stat().st_mode)) == (f"{name}@1.yaml", 0o600)
    assert stat.S_IMODE(draft.parent.stat().st_mode) == 0o700
    assert draft.read_text() == TEXT + "a b: 1\n"
    offered = cantata("config", "edit", name, env=editor())
    assert (offered.code, str(draft) in offered.err, "--resume" in offered.err) == (4, True, True)
    resumed = cantata("config", "edit", name, "--resume", env=editor('sed -i "s/a b/ab/" "$1"'))
    assert (resumed.code, drafts(name)) == (0, []), resumed.err
    assert cantata("config", "show", name).out == TEXT + "ab: 1\n"


def test_an_edit_that_was_left_is_thrown_away_on_request(
    cantata: Run, name: str, editor: Editor, drafts: Callable[[str], list[Path]]
) -> None:
    crashed = cantata("config", "edit", name, env=editor('echo "b: 1" >> "$1"; kill -9 $$'))
    assert (crashed.code, len(drafts(name))) == (2, 1)
    done = cantata("config", "edit", name, "--discard", env=editor('echo "c: 1" >> "$1"'))
    assert (done.code, drafts(name)) == (0, []), done.err
    assert cantata("config", "show", name).out == TEXT + "c: 1\n"


def test_an_unchanged_text_saves_and_keeps_nothing(
    cantata: Run, name: str, editor: Editor, drafts: Callable[[str], list[Path]]
) -> None:
    for step, code in (("true", 0), ("exit 3", 2)):
        done = cantata("config", "edit", name, env=editor(step))
        assert (done.code, drafts(name)) == (code, []), done.err
    assert cantata("config", "show", name, "-o", "json").json["number"] == 1


def test_an_edit_that_the_server_does_not_take_is_kept(
    cantata: Run, served: dict[str, str], name: str, editor: Editor, drafts: Callable[[str], list[Path]]
) -> None:
    """The token is taken away while the text is in the editor."""
    token = cantata("token", "create", name, "--role", "editor").out.strip()
    admin = Path(served["CANTATA_DATA_DIR"], "admin-token")
    mine = f'CANTATA_TOKEN_FILE={admin} {CANTATA} token delete {name}; echo "b: 1" >> "$1"'
    done = cantata("config", "edit", name, env={**editor(mine), "CANTATA_TOKEN": token})
    assert done.code == 5, done.err
    (draft,) = drafts(name)
    assert draft.read_text() == TEXT + "b: 1\n"
    assert cantata("config", "edit", name, "--resume", env=editor("true")).code == 0
    assert cantata("config", "show", name).out == TEXT + "b: 1\n"


def save_meanwhile(name: str, change: str) -> str:
    return f"{CANTATA} config set {name} {change} > /dev/null"


def test_what_was_saved_meanwhile_is_merged_on_request(
    cantata: Run, name: str, editor: Editor, drafts: Callable[[str], list[Path]]
) -> None:
    mine = f'{save_meanwhile(name, "port=2")}; sed -i "s/db  #/db2  #/" "$1"'
    refused = cantata("config", "edit", name, env=editor(mine))
    assert refused.code == 4
    assert "at version 2 by now; your changes fit on it: db.host" in refused.err
    assert ("hint: Give --merge" in refused.err, len(drafts(name))) == (True, 1)
    done = cantata("config", "edit", name, "--resume", "--merge", env=editor("true"))
    assert (done.code, done.out, drafts(name)) == (0, f"config  {name}@3\n", []), done.err
    merged = TEXT.replace("db  #", "db2  #").replace("port: 1", "port: 2")
    assert cantata("config", "show", name).out == merged


def test_a_key_that_both_changed_is_no_clean_merge(
    cantata: Run, name: str, editor: Editor, drafts: Callable[[str], list[Path]]
) -> None:
    mine = f'{save_meanwhile(name, "port=2")}; sed -i "s/port: 1/port: 3/" "$1"'
    refused = cantata("config", "edit", name, "--merge", env=editor(mine))
    assert (refused.code, "both edits changed port" in refused.err) == (4, True)
    assert drafts(name)[0].read_text() == TEXT.replace("port: 1", "port: 3")


def test_a_file_is_merged_on_request(cantata: Run, name: str) -> None:
    cantata("config", "set", name, "port=2")
    late = ("config", "edit", name, "-f", "-", "--expect", "1")
    mine = TEXT.replace("db  #", "db2  #")
    assert cantata(*late, text=mine).code == 4
    assert cantata(*late, "--merge", text=mine).out == f"config  {name}@3\n"
    assert cantata("config", "show", name).out == mine.replace("port: 1", "port: 2")
    assert cantata(*late, "--merge", text=TEXT.replace("port: 1", "port: 9")).code == 4


def on_terminal(served: dict[str, str], words: list[str], answers: str, env: dict[str, str]) -> Done:
    """The command with a terminal as its standard input, on which somebody has typed already."""
    master, slave = pty.openpty()
    os.write(master, answers.encode())
    process = subprocess.run(
        [CANTATA, *words],
        stdin=slave,
        capture_output=True,
        text=True,
        env={**clean(), **served, **env},
        timeout=60,
    )
    os.close(slave)
    os.close(master)
    return Done(process)


def test_on_a_terminal_the_user_is_asked(
    cantata: Run, served: dict[str, str], name: str, editor: Editor, tmp_path: Path
) -> None:
    edit = ["config", "edit", name]
    mine = f'{save_meanwhile(name, "port=2")}; sed -i "s/db  #/db2  #/" "$1"'
    declined = on_terminal(served, edit, "n\n", editor(mine))
    assert (declined.code, "save both? [y]es or [n]o" in declined.err) == (4, True)
    done = on_terminal(served, edit, "r\ny\n", editor("true"))
    assert (done.code, done.out) == (0, f"config  {name}@3\n"), done.err
    assert "[r]esume or [d]iscard" in done.err
    mine = f'{save_meanwhile(name, "port=4")}; sed -i "s/port: 2/port: 5/; s/pool: 1/pool: 2/" "$1"'
    resolved = on_terminal(served, edit, "", editor(mine, 'sed -i "s/port: 4/port: 6/" "$1"'))
    assert (resolved.code, resolved.out) == (0, f"config  {name}@5\n"), resolved.err
    seen = (tmp_path / "seen2").read_text()
    assert "#cantata!   port: yours was 5\n" in seen
    assert "port: 4" in seen
    shown = cantata("config", "show", name).out
    assert shown == TEXT.replace("db  #", "db2  #").replace("pool: 1", "pool: 2").replace(
        "port: 1", "port: 6"
    )


LINES = st.lists(st.sampled_from(["", "a: 1", "  b", "# c", "\r"]), max_size=6)


@given(LINES, st.lists(st.builds(Note, st.sampled_from(["x", "x\ny", ""]), st.integers(0, 9))))
def test_notes_leave_no_trace(lines: list[str], notes: list[Note]) -> None:
    text = "\n".join(lines)
    noted = with_notes(text, notes)
    assert without_notes(noted) == text
    assert noted.endswith(lines[-1] if lines else "")


def test_troubles_elsewhere_stand_at_the_top() -> None:
    here, there = Place("config shop", 2, 3, "a"), Place("config base@1", 7)
    error = CantataError("bad", details=[Detail("one", here), Detail("two", there), Detail("three")])
    assert list(error_notes("shop", error))[2:] == [
        Note("↓ column 3: one", 2),
        Note("config base@1:7: two"),
        Note("three"),
    ]


@pytest.fixture(autouse=True)
def _no_draft_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "name" in request.fixturenames:
        drafts = request.getfixturevalue("served")["CANTATA_DATA_DIR"]
        for path in Path(drafts, "drafts").glob("*/*.yaml"):
            path.unlink()
