"""`cantata template lint` and `render`, of a folder that is not imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: {{ .Values.label }}}
    spec:
      containers:
        - name: web
          image: {{ .Values.image | quote }}
"""
HEAD = "apiVersion: v2\nname: shop\nversion: 1.0.0\nicon: https://example.com/i.png\n"


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(HEAD)
    (folder / "values.yaml").write_text('replicas: 1\nlabel: web\nimage: "shop:1"\n')
    (folder / "templates" / "web.yaml").write_text(WEB)
    return folder


def test_the_exit_code_tells_ci_what_was_found(cantata: Run, chart: Path, tmp_path: Path) -> None:
    sound = cantata("template", "lint", str(chart))
    assert (sound.code, sound.out.splitlines()[-1]) == (0, "shop 1.0.0: 1 notice"), sound.err
    assert cantata("template", "lint", str(chart), "--strict").code == 0
    warned, wrong = tmp_path / "warned.yaml", tmp_path / "wrong.yaml"
    warned.write_text("image: shop\n")
    wrong.write_text("label: wob\n")
    found = cantata("template", "lint", str(chart), "-f", str(warned), "-q")
    line = "templates/web.yaml:15: warning container-image-latest: Deployment web runs shop, of no version"
    assert (found.code, found.out.splitlines()[0]) == (0, line)
    assert found.out.splitlines()[1].startswith("    Name a version")
    assert cantata("template", "lint", str(chart), "-f", str(warned), "--strict").code == 1
    both = cantata("template", "lint", str(chart), "-f", str(warned), "-f", str(wrong), "-o", "json")
    assert (both.code, both.json["errors"], both.json["warnings"]) == (1, 1, 1)
    sets = {each["rule"]: each["sets"] for each in both.json["findings"]}
    assert sets["container-image-latest"] == [str(warned)]
    assert sets["selector-mismatch"] == [str(wrong)]
    together = cantata("template", "lint", str(chart), "-f", f"{warned},{wrong}", "-o", "json")
    assert together.json["sets"] == [f"{warned},{wrong}"]


def test_other_troubles_have_their_own_exit_codes(cantata: Run, chart: Path, tmp_path: Path) -> None:
    for words, code, trouble in (
        ((str(tmp_path / "none"),), 2, "cannot read the chart"),
        (("no-template",), 3, "no template no-template"),
        (("shop@x",), 2, "NAME@VERSION"),
        ((str(chart), "--cluster", "none"), 3, "no cluster none"),
        ((str(chart), "-f", str(tmp_path / "none.yaml")), 2, "cannot be read"),
    ):
        done = cantata("template", "lint", *words)
        assert (done.code, trouble in done.err) == (code, True), done.err


def test_a_render_prints_what_helm_would(cantata: Run, chart: Path, tmp_path: Path) -> None:
    (tmp_path / "image").write_text("shop:2")
    done = cantata(
        *("template", "render", str(chart), "--set", "replicas=1000000", "--set-string", "label=-x"),
        *("--set-file", f"image={tmp_path / 'image'}", "-s", "templates/web.yaml"),
    )
    expected = WEB.replace("{{ .Values.replicas }}", "1000000").replace("{{ .Values.label }}", "-x")
    expected = expected.replace("{{ .Values.image | quote }}", '"shop:2"')
    assert (done.code, done.out) == (0, f"---\n# Source: shop/templates/web.yaml\n{expected}\n"), done.err
    for words, trouble in (
        (("-s", "templates/none.yaml"), "renders no template templates/none.yaml"),
        (("--set", "a[x]=1"), "--set cannot be read"),
        (("--set-file", f"a={tmp_path / 'none'}"), "cannot be read"),
    ):
        refused = cantata("template", "render", str(chart), *words)
        assert (refused.code, trouble in refused.err) == (2, True), refused.err
