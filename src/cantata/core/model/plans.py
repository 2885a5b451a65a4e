"""What a deploy would do, in the three diffs: intent (what the user changed), effect (what the cluster would
change) and drift (what others changed on fields that we set)."""

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


class ValueChange(msgspec.Struct, frozen=True, rename="camel"):
    """One value that the user changed, by its key. `services` are those that it was changed for, empty for
    the whole application."""

    path: str
    old: Any = None
    new: Any = None
    services: tuple[str, ...] = ()


class FieldDrift(msgspec.Struct, frozen=True, rename="camel"):
    """A field that we set and somebody else changed since. `live` None means that it is gone. `manager` and
    `at` are those of `managedFields`; empty where these do not tell, as for a field that is gone."""

    path: str
    wanted: Any = None
    live: Any = None
    manager: str = ""
    at: str = ""


class ForeignField(msgspec.Struct, frozen=True, rename="camel"):
    """A field, or all that is below it, that we do not set and somebody else does."""

    path: str
    manager: str
    at: str = ""


class FoldReason(enum.StrEnum):
    """Why fields that differ are counted and not listed."""

    DEFAULTS = "defaults"
    """Set by the API server or by a webhook where we say nothing."""
    REWRITTEN = "rewritten"
    """Still ours, and written in another way by the API server or by a webhook."""
    CONTROLLERS = "controllers"
    """Set by the cluster's own controllers where we say nothing."""
    AUTOSCALER = "autoscaler"
    """The number of pods, which an autoscaler has taken over."""
    NAMES = "names"
    """The same but for the names of release and namespace."""


class Folded(msgspec.Struct, frozen=True):
    reason: FoldReason
    count: int


class ObjectPlan(msgspec.Struct, frozen=True, rename="camel"):
    """`changes` are the effect. `unverified` tells why it could not be asked of the cluster (empty when it
    was). `foreign` are fields that others set beside ours, `folded` how many differ for a known reason."""

    key: ObjectKey
    gvk: GVK
    action: Action
    reason: str = ""
    changes: tuple[FieldChange, ...] = ()
    unverified: str = ""
    drift: tuple[FieldDrift, ...] = ()
    foreign: tuple[ForeignField, ...] = ()
    folded: tuple[Folded, ...] = ()


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
    intent: tuple[ValueChange, ...] = ()
    order: tuple[tuple[str, ...], ...] = ()
    hooks: tuple[ObjectKey, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def changed(self) -> bool:
        return any(service.changed for service in self.services)
