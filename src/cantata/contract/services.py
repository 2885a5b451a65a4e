"""Services: of all applications, and one by itself."""

from __future__ import annotations

from typing import Annotated

import msgspec

from cantata.contract.adjustments import AdjustmentsInfo, PatchDraft
from cantata.contract.applications import ApplicationInfo, ServiceStatusInfo, ServiceVersionInfo
from cantata.contract.findings import FindingInfo
from cantata.contract.operations import OperationInfo
from cantata.contract.plans import ObjectInfo
from cantata.contract.states import HealthState, RevisionState

Replicas = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class ServiceRowInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A service in a list over applications."""

    application: str
    cluster: str
    namespace: str
    service: ServiceStatusInfo


class ServiceObjectInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`state` is null for an object that is not there."""

    key: ObjectInfo
    state: HealthState | None = None
    message: str = ""


class ServiceInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`version` is what the latest revision has; `overrides` (a YAML text) and `adjustments` are what the
    next deploy of the service takes."""

    application: str
    status: ServiceStatusInfo
    version: ServiceVersionInfo
    overrides: str
    adjustments: AdjustmentsInfo
    objects: tuple[ServiceObjectInfo, ...] = ()


class EditedServiceInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The application as it is now; `findings` are values that nothing of the service reads."""

    application: ApplicationInfo
    findings: tuple[FindingInfo, ...] = ()


class ServiceRevisionInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A revision in which the service changed. `version` is null where the service went away, `operation`
    where it is not kept any more. `changes` say in words what became another than before."""

    number: int
    state: RevisionState
    cause: str
    author: str
    created_at: str
    changes: tuple[str, ...] = ()
    version: ServiceVersionInfo | None = None
    operation: OperationInfo | None = None


class AdjustRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which services to restart, pause, resume or undeploy: those that are named, or `all` for which it is
    possible. `with_dependencies` takes what they depend on, too, `with_dependents` what depends on them. With
    `queue` the operation waits for the one under way instead of superseding it."""

    services: tuple[str, ...] = ()
    all: bool = False
    with_dependencies: bool = False
    with_dependents: bool = False
    cause: str = ""
    queue: bool = False


class ScaleRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`replicas` null leaves their number to the template again; `queue` as in the other requests."""

    services: tuple[str, ...]
    replicas: Replicas | None
    cause: str = ""
    queue: bool = False


class ServiceEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What changes of a service's own overrides; nothing is deployed yet.

    `text` replaces them; `values` are by key such as `web.replicas` a YAML value, or null for a key that
    goes. A value that other services read, too, is refused, unless it is set `everywhere`, as an override of
    the whole application, or just `here`. `patches` replace those of the service.
    """

    text: str | None = None
    values: dict[str, str | None] = {}
    patches: tuple[PatchDraft, ...] | None = None
    everywhere: bool = False
    here: bool = False
