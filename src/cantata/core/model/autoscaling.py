"""What scales a service, and what it goes by."""

from __future__ import annotations

import msgspec


class ScalingMetric(msgspec.Struct, frozen=True, rename="camel"):
    """`name` is `cpu`, or what a metric is called, with the object that it is of; `current` and `target` are
    as people write them (`71%`, `250m`), `current` empty while it is not known."""

    name: str
    current: str
    target: str


class Autoscaler(msgspec.Struct, frozen=True, rename="camel"):
    """A HorizontalPodAutoscaler. `target` is what it scales (`Deployment web`), `current` and `desired` count
    pods. `limited` says why it does not scale as its metrics want, `trouble` why it does not scale at all."""

    name: str
    target: str
    minimum: int
    maximum: int
    current: int = 0
    desired: int = 0
    metrics: tuple[ScalingMetric, ...] = ()
    limited: str = ""
    trouble: str = ""
