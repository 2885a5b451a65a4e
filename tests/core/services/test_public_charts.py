"""Charts that people use, rendered by the real engine: their services and the number of objects of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import RenderedObject
from cantata.core.model.templates import Layout, TemplateSpec
from cantata.core.services import Split, split
from cantata.core.stamp import is_subset, normalise, stamp

ReadChart = Callable[[str], bytes]

VALUES = Path(__file__).parents[2] / "values"
"""Further values by chart."""

BOUTIQUE = {
    **dict.fromkeys(
        ("adservice", "cartservice", "checkoutservice", "currencyservice", "emailservice", "paymentservice"),
        3,
    ),
    **dict.fromkeys(("productcatalogservice", "recommendationservice", "redis-cart", "shippingservice"), 3),
    "frontend": 4,
    "loadgenerator": 2,
}
LESS = {name: 2 for name in BOUTIQUE if name not in ("adservice", "loadgenerator", "redis-cart")}
SERVICES: Mapping[tuple[str, str], dict[str, int]] = {
    ("argo-workflows", "one-namespace"): {"shared": 16, "server": 9, "workflow-controller": 6},
    ("argo-workflows", "installed"): {"shared": 9, "server": 7, "workflow-controller": 6},
    ("argo-workflows", "controller-alone"): {"workflow-controller": 23},
    ("kube-state-metrics", ""): {"kube-state-metrics": 5},
    ("kube-state-metrics", "sharded"): {"kube-state-metrics": 9},
    ("kube-state-metrics", "proxied"): {"kube-state-metrics": 10},
    ("onlineboutique", ""): BOUTIQUE,
    ("onlineboutique", "less"): {**LESS, "frontend": 3},
    ("onlineboutique", "meshed"): {
        "shared": 2,
        **dict.fromkeys(BOUTIQUE, 6),
        "frontend": 7,
        "loadgenerator": 4,
        "opentelemetrycollector": 7,
    },
    ("prometheus", ""): {
        "alertmanager": 5,
        "kube-state-metrics": 5,
        "prometheus-node-exporter": 3,
        "prometheus-pushgateway": 3,
        "server": 7,
    },
    ("prometheus", "stateful"): {
        "alertmanager": 5,
        "kube-state-metrics": 5,
        "prometheus-node-exporter": 3,
        "prometheus-pushgateway": 3,
        "server": 10,
    },
    ("prometheus", "server-alone"): {"server": 6},
    ("prometheus-adapter", ""): {"prometheus-adapter": 11},
    ("prometheus-adapter", "own-rules"): {"prometheus-adapter": 18},
    ("prometheus-adapter", "certified"): {"prometheus-adapter": 15},
    ("prometheus-redis-exporter", ""): {"prometheus-redis-exporter": 5},
    ("prometheus-redis-exporter", "locked"): {"prometheus-redis-exporter": 6},
    ("prometheus-redis-exporter", "monitored"): {"prometheus-redis-exporter": 4},
}
"""By chart and values, the services as a person would name them, each with its number of objects."""


async def read_values(charts: Any, name: str, values: str) -> Any:
    if not values:
        return {}
    (document,) = await charts.pool.parse_yaml((VALUES / name / f"{values}.yaml").read_text())
    return msgspec.json.decode(document.value)


def split_chart(
    name: str, objects: tuple[RenderedObject, ...], layout: Layout = Layout.ANALYSIS, frozen: Any = None
) -> Split:
    spec = TemplateSpec(layout=layout)
    return split(objects, spec, chart=name, release="rel", namespace="demo", frozen=frozen or {})


@pytest.mark.parametrize(("name", "values"), SERVICES, ids="-".join)
async def test_services_by_analysis(charts: Any, public_chart: ReadChart, name: str, values: str) -> None:
    wanted = SERVICES[name, values]
    objects = await charts.render(public_chart(name), await read_values(charts, name, values))
    result = split_chart(name, objects)
    assert {service: len(items) for service, items in result.services.items()} == wanted
    assert set(result.workloads) == set(wanted) - {"shared"}
    assert result.findings == ()
    assert split_chart(name, objects, frozen=result.assignments) == result
    for item in objects:
        if item.hook is None:
            assert_whole(item.manifest)


def test_every_values_file_is_rendered() -> None:
    files = {(path.parent.name, path.stem) for path in VALUES.glob("*/*.yaml")}
    assert files == {each for each in SERVICES if each[1]}


def assert_whole(manifest: dict[str, Any]) -> None:
    """What we make of a manifest still has all of it."""
    clean, findings = normalise(manifest)
    assert findings == ()
    assert normalise(clean)[0] == clean
    sent, other = (
        stamp(clean, application_id=application, service="web", revision=1) for application in "ab"
    )
    assert is_subset(clean, sent)
    assert is_subset(sent, sent)
    assert not is_subset(sent, other)


async def test_online_boutique_also_has_a_service_per_file(charts: Any, public_chart: ReadChart) -> None:
    objects = await charts.render(public_chart("onlineboutique"))
    result = split_chart("onlineboutique", objects, Layout.FILE)
    counts = {service: len(items) for service, items in result.services.items()}
    expected = dict(BOUTIQUE)
    expected["cartservice"] += expected.pop("redis-cart")
    assert counts == expected
    assert result.workloads["cartservice"].name == "cartservice"
    assert [finding.rule for finding in result.findings] == ["several-workloads"]
