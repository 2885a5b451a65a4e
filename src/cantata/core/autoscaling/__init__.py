"""HorizontalPodAutoscalers (autoscaling/v2) as they are told to people: pure."""

from cantata.core.autoscaling.read import read_autoscaler

__all__ = ["read_autoscaler"]
