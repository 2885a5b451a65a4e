"""HorizontalPodAutoscalers of autoscaling/v2 as they are told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.autoscaling import read_autoscaler
from cantata.core.model.autoscaling import ScalingMetric
from cantata.core.model.objects import Manifest


def autoscaler(metrics: list[Any], current: list[Any], *conditions: Manifest, **spec: Any) -> Manifest:
    target = {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5, "metrics": metrics, **spec},
        "status": {
            "currentReplicas": 3,
            "desiredReplicas": 4,
            "currentMetrics": current,
            "conditions": list(conditions),
        },
    }


def resource(which: str, name: str = "cpu", **value: Any) -> Manifest:
    return {"type": "Resource", "resource": {"name": name, which: value}}


QUEUE = {"name": "queue", "selector": {"matchLabels": {"topic": "orders"}}}
CASES: dict[str, tuple[Manifest, Manifest, ScalingMetric]] = {
    "a share of the request": (
        resource("target", averageUtilization=80),
        resource("current", averageUtilization=71, averageValue="71m"),
        ScalingMetric("cpu", "71%", "80%"),
    ),
    "an amount for each pod": (
        resource("target", "memory", averageValue="200Mi"),
        resource("current", "memory", averageValue="150Mi"),
        ScalingMetric("memory", "150Mi a pod", "200Mi a pod"),
    ),
    "one container": (
        {
            "type": "ContainerResource",
            "containerResource": {"name": "cpu", "container": "app", "target": {"averageUtilization": 50}},
        },
        {
            "type": "ContainerResource",
            "containerResource": {"name": "cpu", "container": "app", "current": {"averageUtilization": 9}},
        },
        ScalingMetric("cpu of container app", "9%", "50%"),
    ),
    "a custom metric of pods": (
        {"type": "Pods", "pods": {"metric": {"name": "requests"}, "target": {"averageValue": "10"}}},
        {"type": "Pods", "pods": {"metric": {"name": "requests"}, "current": {"averageValue": "12"}}},
        ScalingMetric("requests", "12 a pod", "10 a pod"),
    ),
    "a metric of an object": (
        {
            "type": "Object",
            "object": {
                "metric": {"name": "hits"},
                "describedObject": {"kind": "Ingress", "name": "web"},
                "target": {"value": "2k"},
            },
        },
        {
            "type": "Object",
            "object": {
                "metric": {"name": "hits"},
                "describedObject": {"kind": "Ingress", "name": "web"},
                "current": {"value": "1500"},
            },
        },
        ScalingMetric("hits of Ingress web", "1500", "2k"),
    ),
    "an external metric": (
        {"type": "External", "external": {"metric": QUEUE, "target": {"value": "30"}}},
        {"type": "External", "external": {"metric": QUEUE, "current": {"value": "45"}}},
        ScalingMetric("queue{topic=orders}", "45", "30"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_metric_has_its_current_and_target_value(case: str) -> None:
    target, current, expected = CASES[case]
    other = resource("current", "other", averageUtilization=1)
    assert read_autoscaler(autoscaler([target], [other, current])).metrics == (expected,)
    assert read_autoscaler(autoscaler([target], [])).metrics[0].current == ""


def test_the_bounds_and_what_it_scales() -> None:
    found = read_autoscaler(autoscaler([], []))
    assert (found.name, found.target) == ("web", "Deployment web")
    assert (found.minimum, found.maximum, found.current, found.desired) == (2, 5, 3, 4)
    assert read_autoscaler(autoscaler([], [], minReplicas=None)).minimum == 1


def condition(type_: str, status: str, reason: str, message: str = "") -> Manifest:
    return {"type": type_, "status": status, "reason": reason, "message": message}


@pytest.mark.parametrize(
    ("conditions", "limited", "trouble"),
    [
        ([condition("ScalingLimited", "True", "TooManyReplicas")], "at its maximum", ""),
        ([condition("ScalingLimited", "True", "TooFewReplicas")], "at its minimum", ""),
        ([condition("ScalingLimited", "False", "DesiredWithinRange")], "", ""),
        ([condition("AbleToScale", "True", "ScaleDownStabilized")], "waits before it scales down", ""),
        ([condition("AbleToScale", "True", "ReadyForNewScale")], "", ""),
        ([condition("ScalingActive", "False", "FailedGetResourceMetric", "no metrics")], "", "no metrics"),
        ([condition("ScalingActive", "False", "ScalingDisabled", "zero")], "", ""),
        ([condition("AbleToScale", "False", "FailedGetScale")], "", "FailedGetScale"),
    ],
)
def test_what_keeps_it_from_scaling(conditions: list[Manifest], limited: str, trouble: str) -> None:
    found = read_autoscaler(autoscaler([], [], *conditions))
    assert limited in found.limited
    assert bool(found.limited) == bool(limited)
    assert found.trouble == trouble


JSON = st.recursive(
    st.none() | st.integers(0, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["metrics", "type", "resource", "target", "conditions", "currentMetrics", "name"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(spec=JSON, status=JSON, metadata=JSON)
def test_any_shape_is_read(spec: Any, status: Any, metadata: Any) -> None:
    read_autoscaler({"spec": spec, "status": status, "metadata": metadata})
