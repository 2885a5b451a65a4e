"""What the generator writes is what the engine, and the helm of its version, take without a word."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.authoring import AddedService, WorkloadKind, add_service, new_template, rename_service
from cantata.core.model.templates import Condition, TemplateSpec
from cantata.core.services import Split, split
from cantata.core.spec import parse_spec
from cantata.core.variables import check_variables
from cantata.render import RenderPool

Files = Mapping[str, bytes]


def one() -> Files:
    return {path: text.encode() for path, text in new_template("shop").items()}


def every_kind() -> Files:
    """Under names that YAML takes for something else."""
    files: Files = {path: text.encode() for path, text in new_template("on", ("api", "web")).items()}
    for name, kind in zip(("123", "log-agent", "yes", "1e3"), WorkloadKind, strict=True):
        files = add_service(files, AddedService(name, kind, depends_on={"web": Condition.READY})).files
    return files


def renamed() -> Files:
    return rename_service(every_kind(), "log-agent", "n").files


SKELETONS = {"one": one, "every kind": every_kind, "renamed": renamed}


async def spec_of(pool: RenderPool, text: str) -> TemplateSpec:
    (document,) = await pool.parse_yaml(text, file="cantata.yaml")
    return parse_spec(msgspec.json.decode(document.value), document.nodes)


@pytest.mark.parametrize("name", SKELETONS)
async def test_nothing_is_odd_about_it(name: str, pool: RenderPool, loaded: Any) -> None:
    files = SKELETONS[name]()
    rendering = await loaded(await pool.pack(files, "on" if name != "one" else "shop"))
    chart = rendering.chart
    spec = await spec_of(pool, chart.cantata_text)
    variables = await pool.variables(chart.digest, rendering.fetch)
    assert check_variables(variables, spec, chart.name) == ()
    parts = await services_of(rendering, spec)
    assert parts.findings == ()
    assert set(parts.services) == {
        path.removeprefix("templates/").removesuffix(".yaml")
        for path in files
        if path.startswith("templates/")
    }
    assert set(parts.workloads) == set(parts.services)


async def services_of(rendering: Any, spec: TemplateSpec) -> Split:
    rendered = await rendering.render(numbers=spec.numbers)
    return split(
        rendered.objects, spec, chart=rendering.chart.name, release="rel", namespace="space", frozen={}
    )


@pytest.mark.parametrize("name", SKELETONS)
def test_helm_finds_nothing(name: str, helm: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("on" if name != "one" else "shop")
    for path, content in SKELETONS[name]().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    done = subprocess.run([helm, "lint", "--strict", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout
