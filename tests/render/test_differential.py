"""Our render and the `helm` command of the same version give the same objects, order, hooks and notes."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import Capabilities, Numbers, Release
from cantata.render import RenderPool

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]
TESTDATA = ROOT / "renderer" / "testdata"
VALUES = ROOT / "tests" / "values"
"""Further values of the public charts, by their names."""
EXAMPLES = ROOT / "examples"
GIVEN = {"postgres": "password: given\n", "full-stack": "database: {password: given}\n"}
"""In the place of what these charts make by chance."""
RANDOM = {"tape"}
"""Charts that `helm` itself renders differently each time."""

SOURCE = re.compile(r"\A(?:---\n)?# Source: (\S+)\n")

OWN = sorted(path.name for path in (TESTDATA / "charts").iterdir() if path.name not in RANDOM)


def _cases() -> list[tuple[str, Path | None]]:
    cases: list[tuple[str, Path | None]] = [(name, None) for name in OWN]
    cases += [(path.parent.name, path) for path in sorted((TESTDATA / "values").glob("*/*.yaml"))]
    return cases


class Helm:
    """The real command, in an empty environment."""

    def __init__(self, program: Path, home: Path, pool: RenderPool) -> None:
        self._program, self._home, self._pool = program, home, pool

    def run(self, *arguments: str) -> str:
        environment = {"HOME": str(self._home), "KUBECONFIG": os.devnull, "TZ": "UTC"}
        done = subprocess.run(
            [self._program, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def objects(self, *arguments: str) -> list[tuple[str, Any]]:
        """The template and the manifest of each object, in the order of `helm template`."""
        printed = self.run("template", "rel", *arguments, "--namespace", "space", "--include-crds")
        found: list[tuple[str, Any]] = []
        path = ""
        for part in re.split(r"^---[ \t]*\n", printed, flags=re.MULTILINE):
            if source := SOURCE.match(part):
                path = source[1]
            found += [(path, item) for each in await self.parse(part) for item in flatten(each)]
        return found

    async def parse(self, text: str) -> list[Any]:
        return [msgspec.json.decode(document.value) for document in await self._pool.parse_yaml(text)]

    def release(self, *arguments: str) -> dict[str, Any]:
        """What a dry run would store: hooks as Helm read them, and the notes."""
        printed = self.run("install", "rel", *arguments, "-n", "space", "--dry-run=client", "-o", "json")
        release: dict[str, Any] = msgspec.json.decode(printed)
        return release


def flatten(manifest: dict[str, Any] | None) -> list[dict[str, Any]]:
    """A list is its items, as kubectl takes it."""
    if not manifest:
        return []
    kind = manifest["kind"]
    if not kind.endswith("List") or "items" not in manifest:
        return [manifest]
    head = {"apiVersion": manifest["apiVersion"], "kind": kind.removesuffix("List")}
    return [{**(head if head["kind"] else {}), **item} for item in manifest["items"]]


@pytest.fixture
def real_helm(helm: Path, tmp_path: Path, pool: RenderPool) -> Helm:
    return Helm(helm, tmp_path, pool)


def _read(values: Path | None) -> str:
    return values.read_text() if values else "{}"


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def _example_cases() -> list[tuple[str, Path | None]]:
    cases: list[tuple[str, Path | None]] = []
    for chart in sorted(path.parent for path in EXAMPLES.glob("*/Chart.yaml")):
        cases += [(chart.name, None), *((chart.name, path) for path in sorted(chart.glob("ci/*.yaml")))]
    return cases


async def _compare(rendering: Any, real: Helm, chart: Path, values: Path | None) -> None:
    given = ["-f", str(values)] if values else []
    layers = await real.parse(_read(values))
    ours = await rendering.render(layers[0], numbers=Numbers.HELM)
    theirs = await real.objects(str(chart), *given)
    assert [(found.path, found.manifest) for found in (*ours.crds, *ours.objects)] == theirs
    release = real.release(str(chart), *given)
    assert ours.notes == release["info"].get("notes", "")
    assert [
        (found.path, list(found.hook.events), found.hook.weight, list(found.hook.delete_policies))
        for found in ours.objects
        if found.hook
    ] == [
        (hook["path"], hook["events"], hook.get("weight", 0), hook.get("delete_policies", []))
        for hook in release.get("hooks", [])
    ]


@pytest.mark.parametrize(("name", "values"), _cases(), ids=lambda case: getattr(case, "stem", case))
async def test_own_charts_render_as_helm_renders_them(
    name: str,
    values: Path | None,
    own_charts: Path,
    pack_folder: Callable[[Path], bytes],
    loaded: Callable[[bytes], Any],
    real_helm: Helm,
) -> None:
    chart = own_charts / "charts" / name
    await _compare(await loaded(pack_folder(chart)), real_helm, chart, values)


async def test_public_charts_render_as_helm_renders_them(
    public_charts: list[Path], loaded: Callable[[bytes], Any], real_helm: Helm
) -> None:
    """With their own values, and with each of ours."""
    for chart in public_charts:
        rendering = await loaded(chart.read_bytes())
        for values in (None, *sorted((VALUES / chart.name.rpartition("-")[0]).glob("*.yaml"))):
            await _compare(rendering, real_helm, chart, values)


@pytest.mark.parametrize(("name", "values"), _example_cases(), ids=lambda case: getattr(case, "stem", case))
async def test_examples_render_as_helm_renders_them(
    name: str,
    values: Path | None,
    pack_folder: Callable[[Path], bytes],
    loaded: Callable[[bytes], Any],
    real_helm: Helm,
    tmp_path: Path,
) -> None:
    chart = EXAMPLES / name
    if values is None and name in GIVEN:
        values = tmp_path / "given.yaml"
        _write(values, GIVEN[name])
    await _compare(await loaded(pack_folder(chart)), real_helm, chart, values)


@pytest.mark.parametrize("environment", ["shop-dev", "shop-staging", "shop-prod"])
async def test_the_shop_renders_as_helm_renders_it_in_each_environment(
    environment: str,
    pack_folder: Callable[[Path], bytes],
    loaded: Callable[[bytes], Any],
    real_helm: Helm,
    tmp_path: Path,
) -> None:
    """Several files of values at once; a secret is its text."""
    chart, given = EXAMPLES / "shop", []
    merged: Any = {}
    for name in ("shop-base", environment):
        values = tmp_path / f"{name}.yaml"
        _write(values, (chart / "configs" / f"{name}.yaml").read_text().replace("!secret ", ""))
        given += ["-f", str(values)]
        merged = _merged(merged, (await real_helm.parse(_read(values)))[0])
    rendering = await loaded(pack_folder(chart))
    ours = await rendering.render(merged, numbers=Numbers.HELM)
    theirs = await real_helm.objects(str(chart), *given)
    assert [(found.path, found.manifest) for found in ours.objects] == theirs


def _merged(base: Any, over: Any) -> Any:
    """Helm's rule for maps."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}


async def test_the_chart_that_helm_creates_renders_as_helm_renders_it(
    loaded: Callable[[bytes], Any], real_helm: Helm, tmp_path: Path
) -> None:
    real_helm.run("create", str(tmp_path / "demo"))
    real_helm.run("package", str(tmp_path / "demo"), "-d", str(tmp_path))
    values = tmp_path / "values.yaml"
    _write(values, "ingress: {enabled: true}\nautoscaling: {enabled: true, maxReplicas: 1000000}\n")
    archive = tmp_path / "demo-0.1.0.tgz"
    await _compare(await loaded(_bytes(archive)), real_helm, archive, values)


async def test_an_upgrade_for_a_given_kubernetes_renders_as_helm_renders_it(
    own_charts: Path,
    pack_folder: Callable[[Path], bytes],
    loaded: Callable[[bytes], Any],
    real_helm: Helm,
) -> None:
    chart = own_charts / "charts" / "crds"
    rendering = await loaded(pack_folder(chart))
    ours = await rendering.render(
        release=Release("rel", "space", is_upgrade=True), capabilities=Capabilities("v1.30.4-gke.7")
    )
    theirs = await real_helm.objects(str(chart), "--kube-version", "v1.30.4-gke.7", "--is-upgrade")
    assert [found.manifest for found in (*ours.crds, *ours.objects)] == [item for _, item in theirs]
