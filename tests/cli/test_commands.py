"""Commands against a real server without a cluster."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml
from tests.cli.conftest import Run

from cantata import __version__


@pytest.fixture
def name(namespace: str) -> str:
    """A name that no other test uses."""
    return namespace


def test_a_config_from_its_creation_to_its_end(cantata: Run, name: str) -> None:
    made = cantata("config", "create", name, "-f", "-", "-m", "first", text="a: 1  # one\n")
    assert (made.code, made.out) == (0, f"config  {name}@1\n"), made.err
    edited = cantata("config", "edit", name, "-f", "-", text="a: 2\n")
    assert edited.out.startswith(f"config  {name}@2")
    assert cantata("config", "show", name, "--version", "1").out == "a: 1  # one\n"
    assert cantata("config", "show", name, "-o", "json").json["number"] == 2
    assert "2" in cantata("config", "show", name, "--effective").out
    listed = yaml.safe_load(cantata("config", "list", "--search", name, "-o", "yaml").out)
    assert [(item["name"], item["latest"]) for item in listed] == [(name, 2)]
    assert cantata("config", "history", name).out.splitlines()[2].endswith("first")
    assert cantata("config", "delete", name).code == 0
    gone = cantata("config", "show", name)
    assert (gone.code, gone.out) == (3, "")
    assert f"there is no config {name}" in gone.err
    assert "hint: `cantata config list`" in gone.err


def test_an_editor_saves_what_it_leaves(cantata: Run, name: str, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "b: 2" >> "$1"\n')
    editor.chmod(0o755)
    cantata("config", "create", name, "-f", "-", text="a: 1\n")
    done = cantata("config", "edit", name, env={"VISUAL": str(editor)})
    assert done.out.startswith(f"config  {name}@2"), done.err
    assert cantata("config", "show", name).out == "a: 1\nb: 2\n"
    failed = cantata("config", "edit", name, env={"VISUAL": "false"})
    assert (failed.code, "nothing is saved" in failed.err) == (2, True)


def test_a_conflict_exits_with_4(cantata: Run, name: str) -> None:
    cantata("config", "create", name, "-f", "-", text="a: 1\n")
    assert cantata("config", "create", name, "-f", "-", text="a: 1\n").code == 4
    assert cantata("config", "edit", name, "-f", "-", "--expect", "7", text="a: 2\n").code == 4


def test_broken_yaml_names_its_place(cantata: Run, name: str) -> None:
    done = cantata("config", "create", name, "-f", "-", text="a: 1\nb: [1,\n")
    assert done.code == 2
    assert done.err.startswith(f"error: config {name}:")


def test_a_template_from_a_folder(cantata: Run, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.2.3\n")
    (folder / "templates" / "web.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    done = cantata("template", "import", name, str(folder))
    assert (done.code, done.out) == (0, f"template  {name}@1\nchart     shop 1.2.3\n"), done.err
    assert "(unchanged)" in cantata("template", "import", name, str(folder)).out
    assert "templates/web.yaml" in cantata("template", "show", name).out
    (line,) = cantata("template", "history", name).out.splitlines()[1:]
    number, version, digest, *_ = line.split()
    assert (
        number,
        version,
        cantata("template", "show", f"{name}@1.2.3", "-o", "json").json["digest"][7:19],
    ) == (
        *("1", "1.2.3"),
        digest,
    )
    (folder / "values.yaml").write_text("# -- How many\nreplicas: 2\nunread: x\n")
    (folder / "templates" / "web.yaml").write_text("{{ .Values.replicas }}")
    unread = "notice: shop/values.yaml:3: unread is defined, but no template reads it."
    assert unread in cantata("template", "import", name, str(folder)).out
    variables = cantata("template", "variables", name)
    assert variables.out.splitlines()[1].split() == [
        *("replicas", "2", "values.yaml", "of", "shop:2", "integer", "How", "many")
    ]
    assert unread in variables.out
    assert cantata("template", "variables", f"{name}@1", "-o", "json").json["variables"] == []
    missing = cantata("app", "create", name, "--template", name, "--config", "none", "--cluster", "none")
    assert missing.code == 3
    assert cantata("template", "delete", name).code == 0


def test_applications_that_are_not_there(cantata: Run, name: str) -> None:
    for words in (("status",), ("deploy",), ("watch",), ("history",), ("preview",), ("delete", "--yes")):
        done = cantata("app", words[0], name, *words[1:])
        assert (done.code, f"there is no application {name}" in done.err) == (3, True), words
    assert cantata("app", "list", "--search", name, "-o", "json").json == []
    assert cantata("operation", "show", "none").code == 3


def test_a_token_is_printed_alone_and_carries_its_role(cantata: Run, name: str) -> None:
    made = cantata("token", "create", name, "--role", "viewer")
    assert made.code == 0
    token = made.out.strip()
    assert token.startswith("cantata_")
    assert token not in made.err
    reader = {"CANTATA_TOKEN": token}
    assert cantata("config", "list", env=reader).code == 0
    refused = cantata("config", "create", name, "-f", "-", text="a: 1\n", env=reader)
    assert (refused.code, "viewer" in refused.err) == (6, True)
    assert name in cantata("audit").out
    assert cantata("token", "delete", name).code == 0
    assert cantata("config", "list", env=reader).code == 5


def test_a_login_is_tried_and_then_kept(
    cantata: Run, alone: Run, served: dict[str, str], tmp_path: Path
) -> None:
    url = cantata("version", "-o", "json").json["url"]
    wrong = alone("login", url, text="cantata_wrong\n")
    assert wrong.code == 5
    assert not (tmp_path / "config" / "login.json").exists()
    token = Path(served["CANTATA_DATA_DIR"], "admin-token")
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert alone("login", url, "--token-file", str(token)).code == 0
    assert stat.S_IMODE((tmp_path / "config" / "login.json").stat().st_mode) == 0o600
    assert alone("version", "-o", "json").json == {"client": __version__, "server": __version__, "url": url}
    assert alone("config", "list").code == 0


def test_a_kubeconfig_that_is_none(cantata: Run, name: str, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text("just words")
    done = cantata("cluster", "add", name, "--kubeconfig", str(file))
    assert done.code == 2
    assert name not in cantata("cluster", "list").out
