"""`cantata apply`, `cantata export` and imports against a real server."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run

CONFIG = """\
apiVersion: cantata.dev/v1
kind: Config
metadata:
  name: {name}
  labels: {{of: {of}}}
spec:
"""


@pytest.fixture
def name(namespace: str) -> str:
    """A name that no other test uses."""
    return namespace


def config(name: str, of: str, spec: str) -> str:
    return CONFIG.format(name=name, of=of) + spec


def test_a_folder_is_applied_changed_and_pruned(cantata: Run, name: str, tmp_path: Path) -> None:
    base, dev = f"{name}-base", f"{name}-dev"
    inner = tmp_path / "dev"
    inner.mkdir()
    (tmp_path / "base.yaml").write_text(config(base, name, "  document: |\n    a: 1\n    b: 1\n"))
    (inner / "dev.yml").write_text(
        config(dev, name, f"  extends: {{config: {base}}}\n  documentFile: text.yaml\n")
    )
    (inner / "text.yaml").write_text("a: 2\ns: !secret first\n")
    (tmp_path / ".hidden.yaml").write_text("a: [\n")
    made = cantata("apply", "-f", str(tmp_path), "-R")
    assert made.code == 0, made.err
    assert [line.split()[:4] for line in made.out.splitlines()] == [
        ["KIND", "NAME", "RESULT", "VERSION"],
        ["Config", base, "created", "1"],
        ["Config", dev, "created", "1"],
    ]
    (inner / "text.yaml").write_text("a: 3\ns: !secret second\nc: true\n")
    dry = cantata("apply", "-f", str(inner), "--dry-run")
    assert dry.out.splitlines()[2:] == [
        f"Config {dev}",
        "  ~ a: 2 → 3",
        "  ~ s: the secret is another one",
        "  + c: true",
    ]
    assert "unchanged" not in cantata("apply", "-f", str(inner)).out
    assert cantata("apply", "-f", str(inner), "-o", "json").json["documents"][0]["outcome"] == "unchanged"
    used = cantata("apply", "-f", str(inner), "--prune", "-l", f"of={name}")
    assert (used.code, f"config {base} is used by config {dev}" in used.err) == (4, True)
    pruned = cantata("apply", "-f", str(tmp_path / "base.yaml"), "--prune", "-l", f"of={name}")
    assert [line.split()[1:3] for line in pruned.out.splitlines()[1:]] == [
        [base, "unchanged"],
        [dev, "pruned"],
    ]


def test_what_is_exported_is_applied_unchanged(cantata: Run, name: str, tmp_path: Path) -> None:
    text = "# why\na: '1'\ns: !secret value\n"
    cantata("config", "create", name, "-f", "-", text=text)
    exported = cantata("export", "config", name)
    assert (exported.code, "value" in exported.out, "!secret ref:" in exported.out) == (0, False, True)
    again = cantata("apply", "-f", "-", "-o", "json", text=exported.out)
    assert [each["outcome"] for each in again.json["documents"]] == ["unchanged"], again.err
    folder = tmp_path / "new" / "folder"
    written = cantata("export", "config", name, "-d", str(folder))
    assert (written.code, (folder / f"{name}.yaml").read_text()) == (0, exported.out)
    assert "unchanged" in cantata("apply", "-f", str(folder), "-f", str(folder / f"{name}.yaml")).out
    assert name in cantata("export", "config", "--all").out
    revealed = cantata("export", "config", name, "--reveal-secrets", "-d", str(folder))
    file = folder / f"{name}.yaml"
    assert (revealed.code, "s: !secret " in file.read_text(), "value" in file.read_text()) == (0, True, True)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_document_file_does_not_lead_out_of_its_folder(cantata: Run, name: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "outside").write_text("a: 1\n")
    (inner / "link").symlink_to(tmp_path / "outside")
    file = inner / "a.yaml"
    for path, word in (
        ("../outside", "does not name a file"),
        ("link", "is not a file"),
        ("none", "cannot be read"),
    ):
        file.write_text(config(name, name, f"  documentFile: {path}\n"))
        done = cantata("apply", "-f", str(file))
        assert (done.code, word in done.err) == (2, True), done.err
    assert cantata("config", "show", name).code == 3


def test_wrong_files_and_words_exit_with_2(cantata: Run, name: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    broken = tmp_path / "a.yaml"
    for words, message in {
        ("apply", "-f", str(tmp_path / "none.yaml")): "cannot be read",
        ("apply", "-f", str(broken), "--prune"): "--prune needs a --selector",
        ("apply", "-f", str(broken), "-l", "a=b"): "--selector is for --prune",
        ("export", "config"): "say which configs",
        ("export", "config", name, "--all"): "say which configs",
    }.items():
        done = cantata(*words)
        assert (done.code, message in done.err) == (2, True), done.err
    empty = cantata("apply", "-f", str(tmp_path))
    assert (empty.code, "holds no YAML files" in empty.err) == (2, True)
    broken.write_text(config(name, name, "  document: |\n    a: 1\n    b: [\n"))
    assert f"{broken}:9:" in cantata("apply", "-f", str(broken)).err
    broken.write_text("apiVersion: cantata.dev/v1\nkind: Pod\n")
    assert f'{broken}:2:7 (kind): the kind "Pod" is not known' in cantata("apply", "-f", str(broken)).err


def test_files_of_other_forms_become_configs(cantata: Run, name: str) -> None:
    for number, (kind, text, shown) in enumerate(
        [
            ("dotenv", "A=1\nexport B='x y'\n", 'A: "1"\nB: "x y"\n'),
            ("properties", "db.host=db\n", "db:\n  host: db\n"),
            ("json", '{"a": 1.50}', "a: 1.50\n"),
        ]
    ):
        made = cantata("config", "create", f"{name}-{number}", "-f", "-", "--from", kind, text=text)
        assert made.code == 0, made.err
        assert cantata("config", "show", f"{name}-{number}").out == shown
    broken = cantata("config", "create", name, "-f", "-", "--from", "dotenv", text="A=1\nB\n")
    assert (broken.code, f"config {name}:2:" in broken.err) == (2, True), broken.err


def test_an_import_from_a_cluster_that_is_not_there(cantata: Run, name: str) -> None:
    words = ("config", "import", name, "--cluster", name, "--namespace", "x")
    assert cantata(*words, "--config-map", "a").code == 3
    none = cantata(*words)
    assert (none.code, "no ConfigMap and no Secret is named" in none.err) == (2, True)


def test_a_chart_is_applied_as_it_is(cantata: Run, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "deploy" / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text("a: 1\n")
    (folder / "templates" / "a.yaml").write_text("a: {{ .Values.a }}\n")
    done = cantata("apply", "-f", str(folder), "--dry-run")
    assert done.out.split()[-4:] == ["Template", name, "created", "1"], done.err
    made = cantata("apply", "-f", str(folder))
    assert made.out.split()[-4:] == ["Template", name, "created", "1"], made.err
    assert "unchanged" in cantata("apply", "-f", str(tmp_path), "-R").out
    out = tmp_path / "out"
    exported = cantata("export", "template", name, "-d", str(out))
    assert (exported.code, sorted(each.name for each in out.iterdir())) == (
        0,
        [f"{name}.tgz", f"{name}.yaml"],
    )
    for path in (out, out / f"{name}.yaml", out / f"{name}.tgz"):
        assert cantata("apply", "-f", str(path)).out.split()[-4:] == ["Template", name, "unchanged", "1"]
    document = tmp_path / "deploy" / "templates.yaml"
    document.write_text(
        f"apiVersion: cantata.dev/v1\nkind: Template\nmetadata: {{name: {name}-b}}\nspec: {{chart: chart/}}\n"
    )
    both = cantata("apply", "-f", str(tmp_path / "deploy"), "-R")
    assert both.out.split()[-4:] == ["Template", f"{name}-b", "created", "1"], both.err
    (folder / "Chart.yaml").write_text("version: 1.0.0\n")
    wrong = cantata("apply", "-f", str(folder))
    assert (wrong.code, "does not say the name of its chart" in wrong.err) == (2, True)
