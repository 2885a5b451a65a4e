"""Autoscalers as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cantata.contract.applications import AutoscalerInfo, ServiceStatusInfo


def scaling_lines(services: Iterable[ServiceStatusInfo]) -> Iterator[str]:
    """`autoscaler: web: 3 of 2 to 5 pods; cpu 71% of 80%`."""
    for service in services:
        for each in service.autoscalers:
            yield f"autoscaler: {service.name}: {'; '.join(_parts(each))}"


def _parts(autoscaler: AutoscalerInfo) -> Iterator[str]:
    yield f"{autoscaler.current} of {autoscaler.minimum} to {autoscaler.maximum} pods"
    if autoscaler.desired != autoscaler.current:
        yield f"{autoscaler.desired} wanted"
    for metric in autoscaler.metrics:
        yield f"{metric.name} {metric.current or 'unknown'} of {metric.target}"
    if autoscaler.limited:
        yield autoscaler.limited
    if autoscaler.trouble:
        yield autoscaler.trouble
