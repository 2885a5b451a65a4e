"""What operators ask of one running service, beside its values."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.contract.states import PatchType


class PatchDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A change to one object of a service: `content` is a list of operations (`json`, RFC 6902) or part of a
    manifest (`strategic`). `target` reads `Kind` or `Kind/name`; empty, it is the service's only workload."""

    type: PatchType
    content: Any
    target: str = ""


class PatchInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A patch as it was given."""

    type: PatchType
    content: Any
    target: str = ""


class AdjustmentsInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`replicas` null leaves their number to the template. `paused` keeps the service at no pods,
    `undeployed` without any object."""

    replicas: int | None = None
    paused: bool = False
    restarted_at: str = ""
    undeployed: bool = False
    patches: tuple[PatchInfo, ...] = ()
