"""The example chart: ten services, no findings, and configurations that fit its schema."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.config.document import parse_config
from cantata.core.model.charts import Numbers
from cantata.core.model.templates import Condition, Layout, TemplateSpec
from cantata.core.order.graph import build_graph
from cantata.core.services import Split, split
from cantata.core.spec import parse_spec
from cantata.core.stamp import normalise, pod_spec

ENVIRONMENTS = ("shop-dev", "shop-staging", "shop-prod")

KINDS = {
    "postgres": "StatefulSet",
    "cache": "Deployment",
    "log-agent": "DaemonSet",
    "migrate": "Job",
    "payment": "Deployment",
    "catalog": "Deployment",
    "orders": "Deployment",
    "report": "CronJob",
    "gateway": "Deployment",
    "web": "Deployment",
}


def merge(base: Any, over: Any) -> Any:
    """Helm's rule for maps; the configs of the shop use no nulls."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merge(base.get(key), value) for key, value in over.items()}}


async def read_config(charts: Any, folder: Path, name: str) -> dict[str, Any]:
    """A config that may be saved as it is; its secrets as the text that stands there."""
    text = (folder / "configs" / f"{name}.yaml").read_text()
    (document,) = await charts.pool.parse_yaml(text, file=f"{name}.yaml")
    parse_config(text, document, name=name)
    return dict(msgspec.json.decode(document.value))


async def read_defaults(charts: Any, archive: bytes) -> Any:
    (document,) = await charts.pool.parse_yaml((await charts.load(archive)).values_text)
    return msgspec.json.decode(document.value)


async def read_spec(charts: Any, archive: bytes) -> TemplateSpec:
    (document,) = await charts.pool.parse_yaml((await charts.load(archive)).cantata_text)
    return parse_spec(msgspec.json.decode(document.value), document.nodes)


async def split_shop(charts: Any, archive: bytes, values: Any) -> Split:
    spec = await read_spec(charts, archive)
    objects = await charts.render(archive, values, spec.numbers)
    return split(objects, spec, chart="shop", release="rel", namespace="demo", frozen={})


async def test_its_spec(charts: Any, shop: bytes) -> None:
    spec = await read_spec(charts, shop)
    assert (spec.layout, spec.numbers) == (Layout.FILE, Numbers.EXACT)
    assert spec.config is not None
    assert spec.config.name == "shop-config"


@pytest.mark.parametrize("environment", ["", *ENVIRONMENTS])
async def test_ten_services_without_findings(
    charts: Any, shop: bytes, shop_folder: Path, environment: str
) -> None:
    values: Any = {}
    if environment:
        base = await read_config(charts, shop_folder, "shop-base")
        values = merge(base, await read_config(charts, shop_folder, environment))
    result = await split_shop(charts, shop, values)
    assert {name: key.kind for name, key in result.workloads.items()} == KINDS
    assert list(result.services) == list(KINDS)
    assert not result.has_shared
    assert result.findings == ()
    for items in result.services.values():
        for item in items:
            assert normalise(item.manifest) == (item.manifest, ())


async def test_its_order(charts: Any, shop: bytes) -> None:
    result = await split_shop(charts, shop, {})
    assert result.depends_on["catalog"] == {"migrate": Condition.COMPLETED, "cache": Condition.READY}
    graph = build_graph(result.services, result.depends_on, jobs=["migrate"])
    assert graph.layers == (
        ("cache", "log-agent", "payment", "postgres"),
        ("migrate",),
        ("catalog", "orders", "report"),
        ("gateway",),
        ("web",),
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
async def test_its_configs_fit_its_schema(
    charts: Any, shop: bytes, shop_folder: Path, environment: str
) -> None:
    chart = await charts.load(shop)
    values = await read_defaults(charts, shop)
    for name in ("shop-base", environment):
        values = merge(values, await read_config(charts, shop_folder, name))
    assert await charts.pool.validate(chart.schema_text.encode(), msgspec.json.encode(values)) == ()
    wrong = merge(values, {"catalog": {"pageSiz": 5}})
    assert await charts.pool.validate(chart.schema_text.encode(), msgspec.json.encode(wrong)) != ()


async def test_every_key_that_the_manifests_name_is_there(
    charts: Any, shop: bytes, shop_folder: Path
) -> None:
    config = await read_defaults(charts, shop)
    for name in ("shop-base", "shop-dev"):
        config = merge(config, await read_config(charts, shop_folder, name))
    spec = await read_spec(charts, shop)
    named = {key for service in spec.services.values() for item in service.delivery for key in item.keys}
    named |= {item.key for service in spec.services.values() for item in service.delivery if item.key}
    for item in await charts.render(shop, {}):
        pod = pod_spec(item.manifest) or {}
        for container in pod.get("containers", ()):
            for variable in container.get("env", ()):
                reference = variable.get("valueFrom", {}).get("configMapKeyRef")
                named |= {reference["key"]} if reference else set()
        for volume in pod.get("volumes", ()):
            named |= {entry["key"] for entry in volume.get("configMap", {}).get("items", ())}
    assert named >= {"orders.host", "db.password", "nginx.conf", "gateway.routes", "payment.provider"}
    missing = {key for key in named if key not in config and not has_path(config, key)}
    assert not missing


def has_path(config: Any, key: str) -> bool:
    for step in key.split("."):
        if not isinstance(config, dict) or step not in config:
            return False
        config = config[step]
    return True


async def test_numbers_print_as_written_in_either_mode(charts: Any, shop: bytes) -> None:
    for numbers in Numbers:
        (orders,) = [
            item.manifest
            for item in await charts.render(shop, {"orders": {"limit": 2000000}}, numbers)
            if item.manifest["kind"] == "Deployment" and item.manifest["metadata"]["name"] == "orders"
        ]
        env = orders["spec"]["template"]["spec"]["containers"][0]["env"]
        assert {"name": "ORDER_LIMIT", "value": "2000000"} in env


async def test_every_default_has_a_comment(charts: Any, shop: bytes) -> None:
    """A comment `# --` stands over each default, since the console and the docs show it."""
    lines = (await charts.load(shop)).values_text.splitlines()
    for before, line in itertools.pairwise(lines):
        if re.fullmatch(r" *[\w.-]+: +[^{ ].*", line):
            assert before.strip().startswith("# --"), line
