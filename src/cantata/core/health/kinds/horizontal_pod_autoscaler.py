"""HorizontalPodAutoscalers. One without metrics is a notice, and one that would scale higher if it might."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import READY, Health
from cantata.core.health.reading import Conditions, Head, Live, find_condition, read
from cantata.core.model.states import HealthState


class AutoscalerStatus(msgspec.Struct, frozen=True, rename="camel"):
    conditions: Conditions = None


class HorizontalPodAutoscaler(Head, frozen=True, rename="camel"):
    status: AutoscalerStatus = AutoscalerStatus()


def observe_horizontal_pod_autoscaler(live: Live) -> Health:
    conditions = read(live, HorizontalPodAutoscaler).status.conditions
    if not conditions:
        return Health(HealthState.PROGRESSING, "the autoscaler has not looked yet", notice=True)
    for kind in ("AbleToScale", "ScalingActive"):
        condition = find_condition(conditions, kind)
        # Zero replicas switch the autoscaler off on purpose.
        if condition and condition.status == "False" and condition.reason != "ScalingDisabled":
            return Health(HealthState.DEGRADED, condition.explanation, notice=True)
    limited = find_condition(conditions, "ScalingLimited")
    if limited and limited.status == "True" and limited.reason == "TooManyReplicas":
        return Health(HealthState.READY, "it is at its maximum, and its metrics ask for more", notice=True)
    return READY
