"""PersistentVolumeClaims. One that waits for a volume or for its first pod is a notice."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import READY, Health
from cantata.core.health.reading import Head, Live, read
from cantata.core.model.states import HealthState


class ClaimStatus(msgspec.Struct, frozen=True, rename="camel"):
    phase: str = ""


class PersistentVolumeClaim(Head, frozen=True, rename="camel"):
    status: ClaimStatus = ClaimStatus()


def observe_persistent_volume_claim(live: Live) -> Health:
    phase = read(live, PersistentVolumeClaim).status.phase
    if phase == "Bound":
        return READY
    if phase == "Lost":
        return Health(HealthState.FAILED, "the claim has lost its volume")
    return Health(HealthState.PROGRESSING, "the claim is not bound to a volume yet", notice=True)
