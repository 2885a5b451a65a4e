"""A service's adjustments over its manifests."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.core.adjust.patch import apply_patches
from cantata.core.adjust.workloads import pause, restart, scale
from cantata.core.model.adjustments import Adjustments
from cantata.core.model.objects import Manifest


def adjust(manifests: Sequence[Manifest], wanted: Adjustments, service: str) -> tuple[Manifest, ...]:
    """The manifests as they are wanted in the cluster, not yet stamped: none of an undeployed service.

    Patches come first, so that what was asked for by name holds over them. Raises `AdjustmentImpossible` and
    `PatchInvalid`.
    """
    if wanted.undeployed:
        return ()
    adjusted = apply_patches(manifests, wanted.patches, service)
    if wanted.replicas is not None:
        adjusted = scale(adjusted, wanted.replicas, service)
    if wanted.restarted_at:
        adjusted = restart(adjusted, wanted.restarted_at, service)
    if wanted.paused:
        adjusted = pause(adjusted, service)
    return tuple(adjusted)
