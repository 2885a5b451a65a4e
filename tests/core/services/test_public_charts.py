"""Charts that people use, rendered by the real engine: their services and the number of objects of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cantata.core.model.charts import RenderedObject
from cantata.core.model.templates import Layout, TemplateSpec
from cantata.core.services import Split, split
from cantata.core.stamp import is_subset, normalise, stamp

ReadChart = Callable[[str], bytes]

SERVICES: Mapping[str, dict[str, int]] = {
    "argo-workflows": {"shared": 16, "server": 7, "workflow-controller": 6},
    "kube-state-metrics": {"metrics": 5},
    "onlineboutique": {
        "adservice": 3,
        "cartservice": 3,
        "checkoutservice": 3,
        "currencyservice": 3,
        "emailservice": 3,
        "frontend": 4,
        "loadgenerator": 2,
        "paymentservice": 3,
        "productcatalogservice": 3,
        "recommendationservice": 3,
        "redis-cart": 3,
        "shippingservice": 3,
    },
    "prometheus": {
        "alertmanager": 5,
        "kube-state-metrics-metrics": 5,
        "prometheus-node-exporter-metrics": 3,
        "prometheus-pushgateway": 3,
        "server": 7,
    },
    "prometheus-adapter": {"metrics": 11},
    "prometheus-redis-exporter": {"prometheus-redis-exporter": 5},
}
VALUES: Mapping[str, dict[str, Any]] = {"argo-workflows": {"crds": {"full": False}}}


def split_chart(
    name: str, objects: tuple[RenderedObject, ...], layout: Layout = Layout.ANALYSIS, frozen: Any = None
) -> Split:
    spec = TemplateSpec(layout=layout)
    return split(objects, spec, chart=name, release="rel", namespace="demo", frozen=frozen or {})


@pytest.mark.parametrize("name", SERVICES)
async def test_services_by_analysis(charts: Any, public_chart: ReadChart, name: str) -> None:
    objects = await charts.render(public_chart(name), VALUES.get(name))
    result = split_chart(name, objects)
    assert {service: len(items) for service, items in result.services.items()} == SERVICES[name]
    assert set(result.workloads) == set(SERVICES[name]) - {"shared"}
    assert result.findings == ()
    assert split_chart(name, objects, frozen=result.assignments) == result


async def test_online_boutique_also_has_a_service_per_file(charts: Any, public_chart: ReadChart) -> None:
    objects = await charts.render(public_chart("onlineboutique"))
    result = split_chart("onlineboutique", objects, Layout.FILE)
    counts = {service: len(items) for service, items in result.services.items()}
    expected = dict(SERVICES["onlineboutique"])
    expected["cartservice"] += expected.pop("redis-cart")
    assert counts == expected
    assert result.workloads["cartservice"].name == "cartservice"
    assert [finding.rule for finding in result.findings] == ["several-workloads"]


@pytest.mark.parametrize("name", SERVICES)
async def test_what_we_make_of_a_manifest_still_has_all_of_it(
    charts: Any, public_chart: ReadChart, name: str
) -> None:
    for item in await charts.render(public_chart(name), VALUES.get(name)):
        clean, findings = normalise(item.manifest)
        assert findings == ()
        assert normalise(clean)[0] == clean
        sent, other = (
            stamp(clean, application_id=application, service="web", revision=1) for application in "ab"
        )
        assert is_subset(clean, sent)
        assert is_subset(sent, sent)
        assert not is_subset(sent, other)
