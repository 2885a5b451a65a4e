"""What `template` prints is what `helm template` prints, byte for byte."""

from __future__ import annotations

import difflib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cantata.core.model.charts import Capabilities, HelmValues, Release, TextInputs, ValuesFile
from cantata.render import RenderPool
from cantata.render.errors import OptionInvalid, SchemaInvalid, TemplateUnknown, ValuesRejected

TESTDATA = Path(__file__).resolve().parents[2] / "renderer" / "testdata"
RANDOM = {"tape"}
"""Charts that `helm` itself renders differently each time."""
OWN = sorted(path.name for path in (TESTDATA / "charts").iterdir() if path.name not in RANDOM)


class Text:
    """One chart, printed by both."""

    def __init__(self, pool: RenderPool, helm: Path, home: Path) -> None:
        self._pool, self._helm, self._home = pool, helm, home

    def theirs(self, chart: Path, *arguments: str) -> str:
        return self.run("template", "rel", str(chart), "--namespace", "space", *arguments)

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._helm, *arguments],
            env={"HOME": str(self._home), "KUBECONFIG": os.devnull, "TZ": "UTC"},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    async def ours(self, archive: bytes, **more: Any) -> str:
        chart = await self._pool.load(archive)

        async def fetch() -> bytes:
            return archive

        fixed = {"release": Release("rel", "space"), "capabilities": Capabilities("")}
        return (await self._pool.text(TextInputs(chart=chart.digest, **{**fixed, **more}), fetch)).text


def assert_same(ours: str, theirs: str) -> None:
    assert ours == theirs, "".join(
        list(difflib.unified_diff(theirs.splitlines(True), ours.splitlines(True), "helm", "ours"))[:60]
    )


@pytest.fixture
def text(pool: RenderPool, helm: Path, tmp_path: Path) -> Text:
    return Text(pool, helm, tmp_path)


@pytest.mark.sandbox
@pytest.mark.parametrize("name", OWN)
async def test_own_charts_print_as_helm_prints_them(
    name: str, text: Text, pack_folder: Callable[[Path], bytes]
) -> None:
    chart = TESTDATA / "charts" / name
    for values in (None, *sorted((TESTDATA / "values" / name).glob("*.yaml"))):
        arguments = ["-f", str(values)] if values else []
        layers = HelmValues(files=(ValuesFile("a.yaml", _read(values)),)) if values else HelmValues()
        ours = await text.ours(pack_folder(chart), layers=layers, include_crds=True)
        assert_same(ours, text.theirs(chart, *arguments, "--include-crds"))


@pytest.mark.sandbox
async def test_public_charts_print_as_helm_prints_them(text: Text, public_charts: list[Path]) -> None:
    for chart in public_charts:
        assert_same(await text.ours(_bytes(chart)), text.theirs(chart))


@pytest.mark.sandbox
async def test_options_mean_what_they_mean_to_helm(
    text: Text, tmp_path: Path, pack_folder: Callable[[Path], bytes]
) -> None:
    chart = tmp_path / "demo"
    text.run("create", str(chart))
    archive = pack_folder(chart)
    content = tmp_path / "note.txt"
    _write(content, "from a file: yes\n")
    values = tmp_path / "a.yaml"
    _write(values, "ingress: {enabled: true}\nreplicaCount: 1000000\n")
    arguments = [
        *("-f", str(values), "--set", "image.tag=1.0,autoscaling.maxReplicas=1000000"),
        *("--set-string", "podAnnotations.big=1000000", "--set-json", 'podLabels={"a": "b"}'),
        *("--set-json", '{"podAnnotations": {"whole": "x"}}', "--set", "tolerations[0].key=a"),
        *("--set-file", f"podAnnotations.note={content}", "--set-literal", "podAnnotations.raw=a,b=c"),
    ]
    layers = HelmValues(
        files=(ValuesFile("a.yaml", _read(values)),),
        json=('podLabels={"a": "b"}', '{"podAnnotations": {"whole": "x"}}'),
        values=("image.tag=1.0,autoscaling.maxReplicas=1000000", "tolerations[0].key=a"),
        strings=("podAnnotations.big=1000000",),
        paths=(f"podAnnotations.note={content}",),
        literals=("podAnnotations.raw=a,b=c",),
        contents={str(content): _read(content)},
    )
    ours = await text.ours(archive, layers=layers)
    assert "from a file: yes" in ours
    assert_same(ours, text.theirs(chart, *arguments))
    shown = ("templates/service.yaml", "templates/tests/*.yaml")
    options = [word for name in shown for word in ("--show-only", name)]
    assert_same(await text.ours(archive, show_only=shown), text.theirs(chart, *options))
    assert_same(await text.ours(archive, no_hooks=True), text.theirs(chart, "--no-hooks"))
    assert_same(await text.ours(archive, skip_tests=True), text.theirs(chart, "--skip-tests"))


@pytest.mark.sandbox
async def test_hidden_inputs_are_those_of_helm(
    text: Text, tmp_path: Path, pack: Callable[[dict[str, str]], bytes]
) -> None:
    files = {
        "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        "templates/a.yaml": "a: {{ .Release | toJson }}\nb: {{ .Capabilities.KubeVersion.Version }}\n"
        'c: {{ .Capabilities.APIVersions.Has "example.com/v1/Gate" }}\n'
        'd: {{ lookup "v1" "Secret" "a" "b" | toJson }}\ne: {{ getHostByName "localhost" | quote }}\n'
        "kind: A\napiVersion: v1\nmetadata: {name: a}\n",
        "crds/gate.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: gates.example.com}\nspec: {group: example.com, names: {kind: Gate},"
        " versions: [{name: v1, served: true}]}\n",
    }
    chart = tmp_path / "shop"
    for name, content in files.items():
        (chart / name).parent.mkdir(parents=True, exist_ok=True)
        _write(chart / name, content)
    assert_same(await text.ours(pack(files)), text.theirs(chart))
    ours = await text.ours(
        pack(files),
        release=Release("rel", "space", is_upgrade=True),
        capabilities=Capabilities("1.30"),
        more_apis=("example.com/v1/Gate",),
    )
    options = ("--is-upgrade", "--kube-version", "1.30", "--api-versions", "example.com/v1/Gate")
    assert_same(ours, text.theirs(chart, *options))


async def test_what_cannot_be_printed_is_an_error(
    pool: RenderPool, pack: Callable[[dict[str, str]], bytes]
) -> None:
    text = Text(pool, Path(), Path())
    archive = pack({"templates/a.yaml": "apiVersion: v1\nkind: A\nmetadata: {name: a}\n"})
    with pytest.raises(TemplateUnknown, match=r"templates/b\.yaml"):
        await text.ours(archive, show_only=("templates/b.yaml",))
    for layers in (
        HelmValues(values=("a[x]=1",)),
        HelmValues(json=("{",)),
        HelmValues(json=("a={",)),
        HelmValues(paths=("a=/etc/passwd",)),
        HelmValues(values=("a[99999999999]=1",)),
    ):
        with pytest.raises(OptionInvalid):
            await text.ours(archive, layers=layers)
    schema = pack({"values.schema.json": '{"properties": {"a": {"type": "string"}}}'})
    with pytest.raises(ValuesRejected, match="a: got number, want string"):
        await text.ours(schema, layers=HelmValues(values=("a=1",)))
    outside = pack({"values.schema.json": '{"$ref": "file:///etc/passwd"}'})
    with pytest.raises(SchemaInvalid, match="file:///etc/passwd"):
        await text.ours(outside)


def _read(path: Path) -> str:
    return path.read_text()


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def _write(path: Path, text: str) -> None:
    path.write_text(text)
