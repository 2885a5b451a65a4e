"""What a deploy would do."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.contract.findings import FindingInfo
from cantata.contract.states import Action


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


class ObjectPlanInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`unverified` tells why the effect could not be asked of the cluster (empty when it was)."""

    key: ObjectInfo
    action: Action
    reason: str = ""
    changes: tuple[FieldChangeInfo, ...] = ()
    unverified: str = ""


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
    intent: tuple[FieldChangeInfo, ...] = ()
    order: tuple[tuple[str, ...], ...] = ()
    hooks: tuple[ObjectInfo, ...] = ()
    findings: tuple[FindingInfo, ...] = ()
