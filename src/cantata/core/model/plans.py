"""What a deploy would do: intent (what the user changed) and effect (what the cluster would change)."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from cantata.core.model.findings import Finding
from cantata.core.model.objects import GVK, ObjectKey


class Action(enum.StrEnum):
    """What happens to one object."""

    CREATE = "create"
    UPDATE = "update"
    RECREATE = "recreate"
    """Deleted and created again, since its changed fields are immutable (Jobs)."""
    DELETE = "delete"
    UNCHANGED = "unchanged"
    KEEP = "keep"
    """No longer wanted, but never deleted by a deploy (claims, CRDs, namespaces, `resource-policy: keep`)."""


class FieldChange(msgspec.Struct, frozen=True, rename="camel"):
    """One field, by path (`spec.template.spec.containers[web].image`). None on one side means absent there.
    Secret content shows as `****`."""

    path: str
    old: Any = None
    new: Any = None


class ObjectPlan(msgspec.Struct, frozen=True, rename="camel"):
    """`unverified` tells why the effect could not be asked of the cluster (empty when it was)."""

    key: ObjectKey
    gvk: GVK
    action: Action
    reason: str = ""
    changes: tuple[FieldChange, ...] = ()
    unverified: str = ""


class ServicePlan(msgspec.Struct, frozen=True, rename="camel"):
    """`rolls` says whether pods will be replaced."""

    service: str
    objects: tuple[ObjectPlan, ...]
    rolls: bool = False

    @property
    def changed(self) -> bool:
        return any(item.action not in (Action.UNCHANGED, Action.KEEP) for item in self.objects)


class Plan(msgspec.Struct, frozen=True, rename="camel"):
    """`order` lists the services in waves that may run together; `hooks` the hook objects that would run."""

    application: str
    revision: int
    services: tuple[ServicePlan, ...]
    intent: tuple[FieldChange, ...] = ()
    order: tuple[tuple[str, ...], ...] = ()
    hooks: tuple[ObjectKey, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def changed(self) -> bool:
        return any(service.changed for service in self.services)
