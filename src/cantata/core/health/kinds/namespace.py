"""Namespaces: ready when Active. One that cannot end says what is left in it."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import READY, Health
from cantata.core.health.reading import Conditions, Head, Live, read
from cantata.core.model.states import HealthState


class NamespaceStatus(msgspec.Struct, frozen=True, rename="camel"):
    phase: str = ""
    conditions: Conditions = None


class Namespace(Head, frozen=True, rename="camel"):
    status: NamespaceStatus = NamespaceStatus()


def observe_namespace(live: Live) -> Health:
    namespace = read(live, Namespace)
    if namespace.metadata.deletion_timestamp or namespace.status.phase == "Terminating":
        left = [c.explanation for c in namespace.status.conditions or () if c.status == "True"]
        return Health(HealthState.DELETING, "; ".join(text for text in left if text))
    if namespace.status.phase == "Active":
        return READY
    return Health(HealthState.PROGRESSING, "the namespace is not active yet")
