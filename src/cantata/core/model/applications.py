"""Applications, their revisions, and the operations that make them."""

from __future__ import annotations

import enum

import msgspec

from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.cards import FailureCard
from cantata.core.model.charts import RenderedObject
from cantata.core.model.configs import ConfigPin
from cantata.core.model.deletions import Also
from cantata.core.model.drift import DriftPolicy
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.model.templates import Condition


class UpdatePolicy(enum.StrEnum):
    """What happens to an application when a config or template that it follows has a new version."""

    MANUAL = "manual"
    """The services that would change show as outdated."""
    AUTO = "auto"
    """They are deployed at once."""


class Application(msgspec.Struct, frozen=True, rename="camel"):
    """Template + config + place. `config_version` None follows the latest. Overrides are YAML
    texts: `overrides` for the whole application, `service_overrides` by service. `delivery` is a YAML text,
    too: what the application adds to the template's `delivery:`, by service. `template` and `config` are
    names. `adjustments` are what operators ask of single services now. `template_deprecated` is as in
    `Template.deprecated`."""

    id: str
    project: str
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
    updates: UpdatePolicy = UpdatePolicy.MANUAL
    drift: DriftPolicy = DriftPolicy.REPORT
    drift_except: tuple[str, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    adjustments: dict[str, Adjustments] = {}
    deleting: bool = False
    row_version: int = 1
    created_at: str = ""
    template_deprecated: str | None = None


class ApplicationDraft(msgspec.Struct, frozen=True, rename="camel"):
    """What a user says of an application. Empty `namespace` and `release` mean the application's name."""

    name: str
    template: str
    config: str
    template_version: int | None = None
    config_version: int | None = None
    cluster: str = "default"
    namespace: str = ""
    release: str = ""
    create_namespace: bool = False
    overrides: str = ""
    service_overrides: dict[str, str] = {}
    delivery: str = ""
    updates: UpdatePolicy = UpdatePolicy.MANUAL
    drift: DriftPolicy = DriftPolicy.REPORT
    drift_except: tuple[str, ...] = ()


class CloneDraft(msgspec.Struct, frozen=True, rename="camel"):
    """What is another one in a clone of an application. An empty `config` or `cluster` means that of the
    source, an empty `namespace` the clone's name, an empty `release` that of the source if it was named."""

    name: str
    config: str = ""
    config_version: int | None = None
    cluster: str = ""
    namespace: str = ""
    release: str = ""
    create_namespace: bool = False
    updates: UpdatePolicy = UpdatePolicy.MANUAL


class Review(msgspec.Struct, frozen=True, rename="camel"):
    """An application that has to be looked at again, since something that it follows has changed.

    `requested_at` (seconds since the epoch) is the first request since the last look, `requests` how many
    there were, `cause` and `author` those of the last one. Without `deploy` the look only tells what is
    outdated, whatever the policy.
    """

    application_id: str
    requested_at: float
    requests: int
    cause: str
    author: str
    deploy: bool


class Assignment(msgspec.Struct, frozen=True, rename="camel"):
    """The frozen service of one object identity."""

    object: ObjectKey
    service: str


class ObjectRecord(msgspec.Struct, frozen=True, rename="camel"):
    """One object that we applied or were about to apply: a row of an application's inventory.

    `desired` is the hash of the manifest that we sent, empty while only attempted; `uid`, `fingerprint` and
    `resource_version` describe what the API server answered; the last two are empty from before another
    manifest is sent until its answer is there. `immutable` is the hash over the fields that the API server
    refuses to change.
    """

    key: ObjectKey
    gvk: GVK
    service: str
    desired: str = ""
    uid: str = ""
    fingerprint: str = ""
    resource_version: str = ""
    immutable: str = ""
    hook: bool = False
    keep: bool = False
    completed: bool = False
    """A Job that finished well with this `desired` hash: it need not run again, even when it is gone."""


class ServiceVersion(msgspec.Struct, frozen=True, rename="camel"):
    """What exactly ran as one service in one revision.

    `inputs` names the encrypted blob of the `RenderInputs` that made it (values, tape and capabilities
    included), `manifests` the one with the delivered manifests as a JSON list, not yet stamped. `digest` is
    the hash over those manifests: equal digests deploy equally. `changed_in` is the revision in which this
    service last changed. `files` are the templates that its objects came from, and `keys` the config entries
    that reach it as environment or files: what a change of config has to be held against.
    `leaks` are the fields of its objects that depend on secrets. `adjustments` are what it ran with over
    its manifests.
    """

    service: str
    template_version: int
    config: tuple[ConfigPin, ...]
    engine: str
    inputs: str
    manifests: str
    digest: str
    changed_in: int
    kind: str = ""
    images: tuple[str, ...] = ()
    depends_on: dict[str, Condition] = {}
    files: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    leaks: tuple[Leak, ...] = ()
    adjustments: Adjustments = UNADJUSTED


class RevisionState(enum.StrEnum):
    OPEN = "open"
    DEPLOYED = "deployed"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Revision(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    application_id: str
    number: int
    state: RevisionState
    cause: str
    author: str
    operation_id: str
    created_at: str
    services: dict[str, ServiceVersion]
    extras: str = ""
    """The sealed blob of `RevisionExtras`."""
    notes: str = ""
    inputs: str = ""
    """The sealed blob of the `RecordedInputs` whose render has exactly these services; empty where none is
    known to, as when only some services were deployed."""


class RevisionExtras(msgspec.Struct, frozen=True, rename="camel"):
    """What a render gives beside the services' objects: hooks, and what the chart's crds/ folder defines."""

    hooks: tuple[RenderedObject, ...] = ()
    definitions: tuple[Manifest, ...] = ()

    @classmethod
    def read(cls, blob: bytes) -> RevisionExtras:
        return msgspec.json.decode(blob, type=cls)


class Verb(enum.StrEnum):
    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    RESTART = "restart"
    SCALE = "scale"
    PAUSE = "pause"
    RESUME = "resume"
    UNDEPLOY = "undeploy"
    DELETE = "delete"
    REVERT = "revert"
    """What the present revision wants is applied again over what others changed. Makes no revision."""
    TEST = "test"
    """The test hooks of a deployed revision run. Makes no revision."""


class OperationState(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def ended(self) -> bool:
        return self not in (OperationState.QUEUED, OperationState.RUNNING)


class Operation(msgspec.Struct, frozen=True, rename="camel"):
    """One journalled execution. `plan` is the id of the stored plan that it carries out, empty without one;
    `services` empty means all. `application` is the name, kept since an operation outlives its application;
    `also` is what a delete takes along."""

    id: str
    project: str
    application_id: str
    application: str
    verb: Verb
    state: OperationState
    services: tuple[str, ...]
    author: str
    cause: str
    plan: str = ""
    revision: int = 0
    error: str = ""
    created_at: str = ""
    started_at: str = ""
    ended_at: str = ""
    recreate: bool = False
    """Objects whose changed fields are immutable are deleted and made anew, where that loses no data."""
    failures: tuple[FailureCard, ...] = ()
    """What keeps it from its end while it runs, and what made it fail, by service."""
    also: tuple[Also, ...] = ()
    done: tuple[str, ...] = ()
    """Names of the steps that the journal has as finished."""
