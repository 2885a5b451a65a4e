"""`cantata template edit` with scripted editors: what it saves, what is kept, and what goes on from there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import CANTATA, Done, Run

Edit = Callable[..., Done]


@pytest.fixture
def name(cantata: Run, namespace: str, tmp_path: Path) -> str:
    folder = tmp_path / "made"
    cantata("template", "new", str(folder), "--name", namespace, "--service", "api", "--service", "web")
    imported = cantata("template", "import", namespace, str(folder))
    assert imported.code == 0, imported.err
    return namespace


@pytest.fixture
def edit(cantata: Run, name: str, tmp_path: Path) -> Edit:
    """Edits with a shell script as editor; `$1` is the first file, the script runs in the draft's folder."""

    def run(script: str, *words: str) -> Done:
        editor = tmp_path / "editor"
        editor.write_text(f'#!/bin/sh\ncd "${{1%%/{name}@*}}/{name}"@*\n{script}\n')
        editor.chmod(0o755)
        return cantata("template", "edit", name, *words, env={"VISUAL": str(editor)})

    return run


@pytest.fixture
def drafts(served: dict[str, str], name: str) -> Callable[[], list[Path]]:
    return lambda: list(Path(served["CANTATA_DATA_DIR"], "drafts").glob(f"*/templates/{name}@*"))


Drafts = Callable[[], list[Path]]


def text_of(cantata: Run, name: str, path: str, folder: Path) -> str:
    done = cantata("template", "pull", name, str(folder))
    assert done.code == 0, done.err
    return (folder / path).read_text()


def test_what_is_edited_is_the_next_version(
    cantata: Run, name: str, edit: Edit, drafts: Drafts, tmp_path: Path
) -> None:
    done = edit('sed -i "s/logLevel: info/logLevel: debug/" values.yaml', "values.yaml", "--bump", "minor")
    assert done.code == 0, done.err
    assert done.out.splitlines()[:2] == [f"template  {name}@2", f"chart     {name} 0.2.0"]
    assert "logLevel: debug" in text_of(cantata, name, "values.yaml", tmp_path / "pulled")
    assert drafts() == []
    assert "is as it was" in edit("true").err
    done = edit("rm README.md; printf 'a: 1\\n' > templates/.x.swp; printf 'more\\n' > notes.md")
    assert done.code == 0, done.err
    shown = cantata("template", "show", name, "-o", "json").json
    assert shown["number"] == 3
    assert "README.md" not in shown["files"]
    assert {"notes.md", "values.yaml"} <= set(shown["files"])
    assert drafts() == []


def test_what_cannot_be_saved_is_kept(cantata: Run, name: str, edit: Edit, drafts: Drafts) -> None:
    done = edit("echo 'layuot: file' > cantata.yaml", "cantata.yaml")
    assert done.code == 2
    assert "layuot" in done.err
    (folder,) = drafts()
    assert str(folder) in done.err
    assert (folder / "cantata.yaml").read_text() == "layuot: file\n"
    assert folder.stat().st_mode & 0o077 == 0
    assert edit("true").code == 4
    done = edit("sed -i s/layuot/layout/ cantata.yaml", "--resume")
    assert done.code == 0, done.err
    assert cantata("template", "show", name, "-o", "json").json["number"] == 2
    assert drafts() == []
    assert edit("true", "--resume").code == 2


def test_an_editor_that_gives_up_leaves_nothing(edit: Edit, drafts: Drafts) -> None:
    assert edit("exit 3").code == 2
    assert drafts() == []


def test_a_folder_that_somebody_was_quicker_than_is_refused(
    cantata: Run, name: str, edit: Edit, tmp_path: Path
) -> None:
    cantata("template", "pull", name, str(tmp_path / "pulled"))
    assert edit('echo "# mine" >> templates/web.yaml', "templates/web.yaml").code == 0
    refused = cantata("template", "import", name, str(tmp_path / "pulled"), "--expect", "1")
    assert refused.code == 4
    assert f"template {name} is at version 2, your edit began at 1" in refused.err


def test_nothing_is_lost_when_somebody_was_quicker(
    cantata: Run, name: str, edit: Edit, drafts: Drafts, tmp_path: Path
) -> None:
    """The other one saves while the editor is open."""
    one, other = tmp_path / "one", tmp_path / "other"
    cantata("template", "pull", name, str(one))
    (one / "README.md").write_text("theirs\n")
    quicker = f"{CANTATA} template import {name} {one}"
    done = edit(f'echo "# mine" >> templates/web.yaml; {quicker}', "templates/web.yaml", "values.yaml")
    assert done.code == 4, done.out
    assert "your edit began at 1" in done.err
    (folder,) = drafts()
    done = edit("true", "--resume")
    assert done.code == 0, done.err
    assert text_of(cantata, name, "templates/web.yaml", tmp_path / "now").endswith("# mine\n")
    assert (tmp_path / "now" / "README.md").read_text() == "theirs\n"
    assert drafts() == []

    cantata("template", "pull", name, str(other))
    (other / "values.yaml").write_text("logLevel: theirs\n")
    quicker = f"{CANTATA} template import {name} {other}"
    assert edit(f'echo "# mine" >> values.yaml; {quicker}', "values.yaml").code == 4
    done = edit("true", "--resume")
    assert done.code == 4
    assert "both edits changed values.yaml" in done.err
    (folder,) = drafts()
    assert (folder / "values.yaml").read_text().endswith("# mine\n")
    assert edit("true", "--discard").code == 0
    assert drafts() == []


def test_services_of_an_imported_template(cantata: Run, name: str) -> None:
    added = cantata("template", "service", "add", name, "db", "--kind", "statefulset", "-o", "json").json
    assert (added["version"]["number"], added["findings"]) == (2, [])
    refused = cantata("template", "service", "remove", name, "api")
    assert refused.code == 4
    assert "web depends on api" in refused.err
    renamed = cantata("template", "service", "rename", name, "api", "back", "--bump", "major")
    assert renamed.out.splitlines()[:2] == [f"template  {name}@3", f"chart     {name} 1.0.0"]
    diff = cantata("template", "diff", name, "--exit-code")
    assert diff.code == 1
    assert diff.out.splitlines()[-2:] == ["service back (was api)", "both render the same objects"]


def test_clones_and_deprecation(cantata: Run, name: str) -> None:
    assert cantata("template", "clone", name, f"{name}-2").code == 0
    assert cantata("template", "deprecate", name, "-m", "take the other").code == 0
    assert "deprecated: take the other" in cantata("template", "list", "--search", name).out
    assert cantata("template", "undeprecate", name).code == 0
    assert "deprecated" not in cantata("template", "list", "--search", name).out
