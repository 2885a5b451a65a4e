"""Applications: what a user says of one, its live status and its revisions."""

from __future__ import annotations

import msgspec

from cantata.contract.adjustments import AdjustmentsInfo
from cantata.contract.cards import FailureCardInfo
from cantata.contract.drift import DriftedFieldInfo
from cantata.contract.operations import OperationInfo
from cantata.contract.states import DriftPolicy, RevisionState, ServiceState, UpdatePolicy


class ApplicationDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a user says of an application: the body that creates it and the body that edits it.

    A version null follows the latest; that of the template may be a semantic version, that of the config a
    tag, which pins the number that it is on now. Empty `namespace` and `release` mean the application's name.
    `overrides` is a YAML text for all services, `service_overrides` one by service. `delivery` is a YAML text
    that adds to the template's `delivery:`, a list of items by service. `updates: auto` deploys the services
    that a new version of the config changes, and `drift: revert` takes back what others change, but for the
    fields below the paths of `drift_except`; both need the role operator.
    """

    name: str
    template: str
    config: str
    template_version: int | str | None = None
    config_version: int | str | None = None
    cluster: str = "default"
    namespace: str = ""
    release: str = ""
    create_namespace: bool = False
    overrides: str = ""
    service_overrides: dict[str, str] = {}
    delivery: str = ""
    updates: UpdatePolicy = "manual"
    drift: DriftPolicy = "report"
    drift_except: tuple[str, ...] = ()


class CloneDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is another one in a clone of an application.

    An empty `config` means that of the source, at the version that it is pinned to; with one, a version null
    follows the latest, and a tag pins the number that it is on now. An empty `cluster` means that of the
    source, an empty `namespace` the clone's name. An empty `release` means that of the source if it was
    named, else the clone's name.
    """

    name: str
    config: str = ""
    config_version: int | str | None = None
    cluster: str = ""
    namespace: str = ""
    release: str = ""
    create_namespace: bool = False
    updates: UpdatePolicy = "manual"


class ApplicationInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`row_version` grows with every edit and is the ETag. `template_deprecated` is the word that its
    template is deprecated with, null while it is not."""

    id: str
    name: str
    template: str
    template_version: int | None
    config: str
    config_version: int | None
    cluster: str
    namespace: str
    release: str
    create_namespace: bool = False
    overrides: str = ""
    service_overrides: dict[str, str] = {}
    delivery: str = ""
    updates: UpdatePolicy = "manual"
    drift: DriftPolicy = "report"
    drift_except: tuple[str, ...] = ()
    deleting: bool = False
    row_version: int = 1
    created_at: str = ""
    template_deprecated: str | None = None


class ScalingMetricInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`current` is empty while it is not known."""

    name: str
    current: str
    target: str


class AutoscalerInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A HorizontalPodAutoscaler. `target` is what it scales, `current` and `desired` count pods. `limited`
    says why it does not scale as its metrics want, `trouble` why it does not scale at all."""

    name: str
    target: str
    minimum: int
    maximum: int
    current: int = 0
    desired: int = 0
    metrics: tuple[ScalingMetricInfo, ...] = ()
    limited: str = ""
    trouble: str = ""


class ServiceStatusInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`config` reads `shop-dev@3`; `message` says why the state is what it is; `blocked_by` names what it
    waits for; `outdated` says what is newer than what runs, and would change it; `drifted` lists what others
    changed. `failure` is the card of what does not work; lists of applications leave it out."""

    name: str
    state: ServiceState
    kind: str = ""
    ready: int = 0
    desired: int = 0
    images: tuple[str, ...] = ()
    config: str = ""
    revision: int = 0
    message: str = ""
    blocked_by: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    outdated: str = ""
    drifted: tuple[DriftedFieldInfo, ...] = ()
    held: tuple[str, ...] = ()
    failure: FailureCardInfo | None = None
    autoscalers: tuple[AutoscalerInfo, ...] = ()


class ApplicationStatusInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`operation` is the one under way, or the last."""

    application: ApplicationInfo
    state: ServiceState
    revision: int = 0
    services: tuple[ServiceStatusInfo, ...] = ()
    operation: OperationInfo | None = None


class ServiceVersionInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What ran as one service in one revision. `config` is the chain, the application's
    own config first, then its parent (`shop-dev@3`, `shop-base@1`); `adjustments` are what it ran with."""

    service: str
    template_version: int
    config: tuple[str, ...]
    changed_in: int
    kind: str = ""
    images: tuple[str, ...] = ()
    engine: str = ""
    adjustments: AdjustmentsInfo = AdjustmentsInfo()


class RevisionInfo(msgspec.Struct, frozen=True, rename="camel"):
    number: int
    state: RevisionState
    cause: str
    author: str
    operation: str
    created_at: str
    services: tuple[ServiceVersionInfo, ...] = ()
    notes: str = ""
