"""Pods that a controller cannot create: the `ReplicaFailure` condition and `FailedCreate` events."""

from __future__ import annotations

import re

from cantata.core.health.health import Cause
from cantata.core.health.reading import Conditions, find_condition
from cantata.core.model.cards import CauseKind

REFUSALS: tuple[tuple[re.Pattern[str], CauseKind], ...] = (
    (re.compile(r'admission webhook "[^"]*" denied'), CauseKind.ADMISSION),
    (re.compile(r"(?:exceeded|failed|insufficient|unknown for|resource) quota"), CauseKind.QUOTA),
    (re.compile(r"(?:maximum|minimum) \S+ usage per|limit to request ratio"), CauseKind.LIMIT_RANGE),
    (re.compile(r"serviceaccount .*not found", re.IGNORECASE), CauseKind.MISSING_REFERENCE),
)
"""First pattern that the message matches; everything else was refused by admission. Messages name the pod,
and its name may have any of these words."""


def refusal(reason: str, message: str) -> Cause:
    kind = next((kind for pattern, kind in REFUSALS if pattern.search(message)), CauseKind.ADMISSION)
    return Cause(kind, reason, message or reason)


def replica_failure(conditions: Conditions) -> Cause | None:
    """Why a ReplicaSet cannot create its pods; a Deployment carries the condition of its ReplicaSets."""
    condition = find_condition(conditions, "ReplicaFailure")
    if condition is None or condition.status != "True":
        return None
    return refusal(condition.reason or "ReplicaFailure", condition.explanation)
