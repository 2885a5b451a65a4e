"""Which files of a compose project leave the machine: those that are asked for, below its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cantata.cli.chart_archive import ChartUnreadable, read_chart
from cantata.cli.compose_files import FILE_BYTES, FOLDER_FILES, ComposeFileUnreadable, ComposeFolder
from cantata.cli.inputs import ArgumentInvalid
from cantata.contract.compose import WantedPath

TEXT = "services: {web: {image: a}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "compose.yaml").write_text(TEXT)
    return root


def test_a_folder_gives_its_compose_file_the_override_and_env(folder: Path) -> None:
    (folder / "compose.override.yaml").write_text(TEXT)
    (folder / ".env").write_text("TAG=1\n")
    (folder / "unasked.txt").write_text("nobody's business\n")
    found = ComposeFolder([folder])
    assert found.compose == ("compose.yaml", "compose.override.yaml")
    assert found.files == {"compose.yaml": TEXT, "compose.override.yaml": TEXT, ".env": "TAG=1\n"}
    request = found.request(env_files=(), profiles=["debug"], allow_missing=False)
    assert request.files.keys() == found.files.keys()
    assert request.profiles == ("debug",)


def test_what_leads_out_of_the_folder_is_not_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("keep")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "away").symlink_to(tmp_path)
    (folder / "sub").mkdir()
    (folder / "sub" / "inner").symlink_to(tmp_path / "secret.txt")
    found = ComposeFolder([folder])
    for path in ("../secret.txt", "link.txt", "away/secret.txt", "away", str(tmp_path / "secret.txt")):
        found.look(WantedPath(path, contents=True))
        assert found.states[path] == "outside"
    found.look(WantedPath("sub", contents=True))
    assert found.states["sub/inner"] == "outside"
    assert "keep" not in str(found.files)


def test_why_a_path_has_no_text(folder: Path) -> None:
    (folder / "logo.png").write_bytes(b"\x89PNG\0")
    (folder / "nul.txt").write_bytes(b"a\0b")
    (folder / "large.txt").write_bytes(b"x" * (FILE_BYTES + 1))
    (folder / "code").mkdir()
    (folder / "code" / "main.py").write_text("")
    (folder / "many").mkdir()
    for number in range(FOLDER_FILES + 1):
        (folder / "many" / f"{number}").write_text("")
    found = ComposeFolder([folder])
    for path in ("logo.png", "nul.txt", "large.txt", "gone.txt", "code"):
        found.look(WantedPath(path))
    found.look(WantedPath("many", contents=True))
    assert {path: state for path, state in found.states.items() if path != ".env"} == {
        "logo.png": "binary",
        "nul.txt": "binary",
        "large.txt": "large",
        "gone.txt": "absent",
        "code": "folder",
        "many": "large",
    }
    assert found.files.keys() == {"compose.yaml"}


def test_who_imports_it_as_a_chart_is_told_the_command(folder: Path) -> None:
    with pytest.raises(ChartUnreadable) as caught:
        read_chart(folder)
    assert "import-compose" in caught.value.hint


def test_only_named_variables_are_looked_up(folder: Path) -> None:
    found = ComposeFolder([folder])
    found.look_up(["TAG", "GONE"], {"TAG": "1", "OTHER": "no"})
    assert found.environment == {"TAG": "1", "GONE": None}


def test_what_cannot_be_a_project(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(TEXT)
    (tmp_path / "empty").mkdir()
    for paths in (
        [folder / "gone.yaml"],
        [tmp_path / "empty"],
        [folder / "compose.yaml", tmp_path / "other.yaml"],
    ):
        with pytest.raises(ComposeFileUnreadable):
            ComposeFolder(paths)
    with pytest.raises(ArgumentInvalid):
        ComposeFolder([folder]).request(env_files=[tmp_path / "other.yaml"], profiles=(), allow_missing=False)
