"""A live HorizontalPodAutoscaler → current and target values, bounds, and which of them it has reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cantata.core.model.autoscaling import Autoscaler, ScalingMetric
from cantata.core.model.objects import Manifest
from cantata.core.services.fields import as_map, as_maps

PARTS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
"""The type of a metric, and the field that describes it."""

LIMITS = {
    "TooManyReplicas": "it is at its maximum, and its metrics ask for more",
    "TooFewReplicas": "it is at its minimum, and its metrics ask for less",
    "ScaleUpLimit": "it may not scale up faster",
    "ScaleDownLimit": "it may not scale down faster",
    "ScaleDownStabilized": "it waits before it scales down",
    "ScaleUpStabilized": "it waits before it scales up",
}
"""Reasons of `ScalingLimited` and `AbleToScale`, in words."""


def read_autoscaler(live: Manifest) -> Autoscaler:
    """Never raises: what has a wrong shape is left out."""
    spec, status = as_map(live.get("spec")), as_map(live.get("status"))
    target = as_map(spec.get("scaleTargetRef"))
    minimum = spec.get("minReplicas")
    conditions = {str(each.get("type")): each for each in as_maps(status.get("conditions"))}
    return Autoscaler(
        name=str(as_map(live.get("metadata")).get("name") or ""),
        target=f"{target.get('kind', '')} {target.get('name', '')}".strip(),
        minimum=minimum if isinstance(minimum, int) else 1,
        maximum=_count(spec.get("maxReplicas")),
        current=_count(status.get("currentReplicas")),
        desired=_count(status.get("desiredReplicas")),
        metrics=tuple(_metrics(spec, status)),
        limited=_limited(conditions),
        trouble=_trouble(conditions),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _limited(conditions: dict[str, Manifest]) -> str:
    limited, able = conditions.get("ScalingLimited", {}), conditions.get("AbleToScale", {})
    if limited.get("status") == "True":
        return LIMITS.get(str(limited.get("reason")), str(limited.get("message") or ""))
    return LIMITS.get(str(able.get("reason")), "") if able.get("status") == "True" else ""


def _trouble(conditions: dict[str, Manifest]) -> str:
    for kind in ("AbleToScale", "ScalingActive"):
        found = conditions.get(kind, {})
        # Zero replicas switch the autoscaler off on purpose.
        if found.get("status") == "False" and found.get("reason") != "ScalingDisabled":
            return str(found.get("message") or found.get("reason") or "it does not scale")
    return ""


def _metrics(spec: Manifest, status: Manifest) -> Iterator[ScalingMetric]:
    """The status lists current metrics in no order that could be relied on: they are matched by name."""
    current = {_name(each): _value(each, "current") for each in as_maps(status.get("currentMetrics"))}
    for each in as_maps(spec.get("metrics")):
        name = _name(each)
        yield ScalingMetric(name, current.get(name, ""), _value(each, "target"))


def _part(metric: Manifest) -> Manifest:
    return as_map(metric.get(PARTS.get(str(metric.get("type")), "")))


def _name(metric: Manifest) -> str:
    part = _part(metric)
    named = str(part.get("name") or as_map(part.get("metric")).get("name") or metric.get("type") or "")
    if container := part.get("container"):
        return f"{named} of container {container}"
    described = as_map(part.get("describedObject"))
    if described:
        return f"{named} of {described.get('kind', '')} {described.get('name', '')}".rstrip()
    labels = as_map(as_map(as_map(part.get("metric")).get("selector")).get("matchLabels"))
    chosen = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return f"{named}{{{chosen}}}" if chosen else named


def _value(metric: Manifest, which: str) -> str:
    """Where the target is a share of the request, the current value is given as one, too."""
    found = as_map(_part(metric).get(which))
    share = found.get("averageUtilization")
    if isinstance(share, int):
        return f"{share}%"
    average, total = found.get("averageValue"), found.get("value")
    if average not in (None, "", "0") or total is None:
        return f"{average} a pod" if average is not None else ""
    return str(total)
