"""The example charts beside the shop: their services, their order, and values that fit their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.cli.chart_archive import read_chart
from cantata.core.model.charts import Numbers
from cantata.core.model.templates import Layout
from cantata.core.order.graph import build_graph
from cantata.core.services import split
from cantata.core.spec import parse_spec

EXAMPLES = Path(__file__).parents[3] / "examples"

Kinds = Mapping[str, str]

WEB = {"web": "Deployment"}
DATABASE = {"database": "StatefulSet"}
QUEUE = {"queue": "Deployment", "worker": "Deployment"}
STACK = {**DATABASE, "migrate": "Job", "api": "Deployment", "web": "Deployment"}
SERVICES: Mapping[tuple[str, str], Kinds] = {
    ("web-app", ""): WEB,
    ("web-app", "public"): WEB,
    ("web-app", "small"): WEB,
    ("postgres", ""): DATABASE,
    ("postgres", "backup"): {**DATABASE, "backup": "CronJob"},
    ("postgres", "other"): DATABASE,
    ("worker", ""): {**QUEUE, "schedule": "CronJob"},
    ("worker", "busy"): {**QUEUE, "schedule": "CronJob"},
    ("worker", "no-schedule"): QUEUE,
    ("static-site", ""): {"site": "Deployment"},
    ("static-site", "public"): {"site": "Deployment"},
    ("static-site", "pinned"): {"site": "Deployment"},
    ("full-stack", ""): STACK,
    ("full-stack", "public"): STACK,
    ("full-stack", "later"): STACK,
}
ORDER: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "worker": (("queue",), ("schedule", "worker")),
    "full-stack": (("database",), ("migrate",), ("api",), ("web",)),
}


def merge(base: Any, over: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merge(base.get(key), value) for key, value in over.items()}}


async def read_yaml(charts: Any, text: str) -> Any:
    (document,) = await charts.pool.parse_yaml(text)
    return msgspec.json.decode(document.value)


@pytest.mark.parametrize(("name", "values"), SERVICES, ids="-".join)
async def test_services_and_values(charts: Any, name: str, values: str) -> None:
    archive = read_chart(EXAMPLES / name)
    chart = await charts.load(archive)
    file = EXAMPLES / name / "ci" / f"{values}.yaml"
    given = await read_yaml(charts, file.read_text()) if values else {}
    (document,) = await charts.pool.parse_yaml(chart.cantata_text)
    spec = parse_spec(msgspec.json.decode(document.value), document.nodes)
    assert (chart.name, spec.layout, spec.numbers) == (name, Layout.FILE, Numbers.EXACT)

    objects = await charts.render(archive, given, spec.numbers)
    result = split(objects, spec, chart=name, release="rel", namespace="demo", frozen={})
    assert {service: key.kind for service, key in result.workloads.items()} == SERVICES[name, values]
    assert list(result.services) == list(SERVICES[name, values])
    assert [each for each in result.findings if each.rule != "service-without-objects"] == []
    if not values and name in ORDER:
        jobs = [service for service, key in result.workloads.items() if key.kind == "Job"]
        assert build_graph(result.services, result.depends_on, jobs=jobs).layers == ORDER[name]

    effective = merge(await read_yaml(charts, chart.values_text), given)
    schema = chart.schema_text.encode()
    assert await charts.pool.validate(schema, msgspec.json.encode(effective)) == ()
    assert await charts.pool.validate(schema, msgspec.json.encode({**effective, "replcas": 5})) != ()


def test_every_example_and_every_values_file_is_here() -> None:
    charts = {path.parent.name for path in EXAMPLES.glob("*/Chart.yaml")} - {"shop"}
    files = {(path.parents[1].name, path.stem) for path in EXAMPLES.glob("*/ci/*.yaml")}
    assert {*((name, "") for name in charts), *files} == {*SERVICES}


async def test_every_default_is_explained(charts: Any) -> None:
    for path in sorted(EXAMPLES.glob("*/Chart.yaml")):
        archive = read_chart(path.parent)

        async def fetch(archive: bytes = archive) -> bytes:
            return archive

        found = await charts.pool.variables((await charts.load(archive)).digest, fetch)
        known = {each.path for each in found.values if each.description}
        for each in found.values:
            above = (each.path[:length] for length in range(1, len(each.path) + 1))
            told = any(part in known for part in above) or each.path[0] in ("global", "settings")
            assert told or "resources" in each.path, f"{path.parent.name}: {each.key} has no comment"
