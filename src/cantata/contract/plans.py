"""What a deploy would do, in the three diffs: intent, effect and drift."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.contract.findings import FindingInfo
from cantata.contract.states import Action, FoldReason

MASK = "****"
"""How secret content shows."""


class ObjectInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The identity of a Kubernetes object; `namespace` is empty for cluster-scoped kinds."""

    group: str
    kind: str
    namespace: str
    name: str


class FieldChangeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One field by path; null on one side means absent there. Secret content shows as `****`."""

    path: str
    old: Any = None
    new: Any = None


class ValueChangeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One value that the user changed, by its key. `services` are those that it was changed for, empty for
    the whole application."""

    path: str
    old: Any = None
    new: Any = None
    services: tuple[str, ...] = ()


class FieldDriftInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A field that we set and somebody else changed since; `live` null means that it is gone. `manager` and
    `at` are those of `managedFields`, empty where these do not tell."""

    path: str
    wanted: Any = None
    live: Any = None
    manager: str = ""
    at: str = ""


class ForeignFieldInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A field that we do not set and somebody else does."""

    path: str
    manager: str
    at: str = ""


class FoldedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """How many fields differ for a known reason."""

    reason: FoldReason
    count: int


class ObjectPlanInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`changes` are the effect; `unverified` tells why it could not be asked of the cluster (empty when it
    was). `drift` is what others changed, `foreign` what they set beside our fields."""

    key: ObjectInfo
    action: Action
    reason: str = ""
    changes: tuple[FieldChangeInfo, ...] = ()
    unverified: str = ""
    drift: tuple[FieldDriftInfo, ...] = ()
    foreign: tuple[ForeignFieldInfo, ...] = ()
    folded: tuple[FoldedInfo, ...] = ()


class ServicePlanInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`rolls` says whether pods will be replaced."""

    service: str
    objects: tuple[ObjectPlanInfo, ...]
    rolls: bool = False


class PlanInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`intent` is what the user changed, `services` what the cluster would change, `order` the services in
    waves that may run together, `hooks` the hook objects that would run."""

    application: str
    revision: int
    changed: bool
    services: tuple[ServicePlanInfo, ...]
    intent: tuple[ValueChangeInfo, ...] = ()
    order: tuple[tuple[str, ...], ...] = ()
    hooks: tuple[ObjectInfo, ...] = ()
    findings: tuple[FindingInfo, ...] = ()
