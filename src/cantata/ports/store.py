"""The port to the store: records by noun, inside one read or one write.

`read` and `write` run their function in a thread of the store, inside one transaction; what the function
returns must not refer to the `Records` it was given. A function of `write` may be run again after a clash, so
it must do nothing but read and write records. Names that are not there raise the `…NotFound` errors of
`cantata.core.model.errors`; ids are opaque texts, made by the store; times are UTC in RFC 3339.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from cantata.core.model.access import AuditRecord, Cluster, Role, Token
from cantata.core.model.adjustments import Adjustments
from cantata.core.model.applications import (
    Application,
    Assignment,
    ObjectRecord,
    Operation,
    OperationState,
    Review,
    Revision,
    RevisionState,
    ServiceVersion,
    Verb,
)
from cantata.core.model.cards import FailureCard
from cantata.core.model.charts import LoadedChart
from cantata.core.model.configs import VersionRef
from cantata.core.model.deletions import Also
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import Template, TemplateSpec, TemplateVersion
from cantata.core.model.timing import Reached
from cantata.ports.configs import Configs, Secrets
from cantata.ports.drift import Drift
from cantata.ports.events import Events
from cantata.ports.health import Health
from cantata.ports.holds import Holds
from cantata.ports.market import Market, Publications
from cantata.ports.pages import Page
from cantata.ports.plans import Plans, Policies
from cantata.ports.triggers import Triggers
from cantata.ports.webhooks import Webhooks

T = TypeVar("T")


class Blobs(Protocol):
    """Compressed content, stored once. Sealed blobs are encrypted and addressed by a keyed hash."""

    def put(self, content: bytes) -> str: ...
    def put_sealed(self, content: bytes) -> str: ...
    def get(self, address: str) -> bytes:
        """Either sort, by its address. Raises `BlobMissing`; `BlobUnreadable` when the key does not
        fit."""
        ...

    def put_all_sealed(self, contents: Sequence[bytes]) -> Sequence[str]:
        """The address of each."""
        ...

    def get_all(self, addresses: Iterable[str]) -> dict[str, bytes]:
        """By address. Raises what `get` raises."""
        ...

    def require(self, addresses: Iterable[str]) -> None:
        """They are there, and are not swept before the transaction has named them. Raises `BlobMissing`."""
        ...

    def unnamed(self, revisions: int) -> Sequence[str]:
        """The addresses that nothing names. Of each application the newest `revisions`, and those that are
        open or deployed, name all that they made; older ones only what they were made from."""
        ...

    def sweep(self, addresses: Sequence[str], before: str) -> int:
        """Deletes those of these that were not put or required since. Gives how many went."""
        ...


class Templates(Protocol):
    def create(self, project: str, name: str, description: str) -> Template: ...
    def get(self, project: str, name: str) -> Template: ...
    def list(self, project: str, *, search: str = "", page: Page = Page()) -> Sequence[Template]: ...
    def add_version(
        self,
        template: Template,
        *,
        chart: LoadedChart,
        spec: TemplateSpec,
        archive: bytes,
        origin: str,
        author: str,
    ) -> TemplateVersion:
        """The next number; a chart whose digest is the latest version's gives that version back."""
        ...

    def version(self, template: Template, version: VersionRef | None = None) -> TemplateVersion:
        """By its number, as text too, or by its semantic version, of which the newest is meant; the latest
        without either. Raises `TemplateVersionNotFound`."""
        ...

    def semantic(self, template: Template, version: str) -> int:
        """The newest number whose chart has this semantic version. Raises `TemplateVersionNotFound`."""
        ...

    def versions(self, template: Template, *, page: Page = Page()) -> Sequence[TemplateVersion]:
        """Newest first."""
        ...

    def describe(self, template: Template, description: str) -> None: ...
    def archive(self, digest: str) -> bytes:
        """The .tgz of a chart, by the chart's digest."""
        ...

    def deprecate(self, template: Template, message: str | None) -> Template:
        """None takes it back. Raises `TemplateNotFound`."""
        ...

    def clone(self, template: Template, name: str, *, history: bool) -> Template:
        """Another template with the latest version as its first, or with all versions under their numbers.
        Raises `NameTaken`."""
        ...

    def delete(self, template: Template) -> None: ...


class Applications(Protocol):
    def create(self, application: Application) -> Application:
        """`id`, `created_at` and `row_version` are given by the store. Raises `NameTaken`, also for a taken
        (cluster, namespace, release)."""
        ...

    def get(self, project: str, name: str) -> Application: ...
    def by_id(self, id_: str) -> Application: ...
    def list(
        self,
        project: str = "",
        *,
        search: str = "",
        template: str = "",
        config: str = "",
        page: Page = Page(),
    ) -> Sequence[Application]:
        """By name. `search` is part of a name; an empty project means all projects."""
        ...

    def update(self, application: Application) -> Application:
        """By id. Raises `EditConflict` unless `row_version` is the stored one; gives the next one back."""
        ...

    def assign(self, application_id: str, assignments: Sequence[Assignment]) -> None:
        """Freezes these; those of other objects stay as they are. No row version."""
        ...

    def adjust(self, application_id: str, adjustments: Mapping[str, Adjustments]) -> None:
        """Sets those of all services; `update` leaves them as they are. No row version."""
        ...

    def delete(self, application_id: str) -> None:
        """With its inventory and revisions; its operations and events stay until retention takes them."""
        ...


class Reviews(Protocol):
    """Applications to be looked at again, and what was found outdated the last time."""

    def request(
        self, application_ids: Iterable[str], *, at: float, cause: str, author: str, deploy: bool
    ) -> None:
        """Adds to the request that waits already, if one does: its time stays, the rest is the newest's, and
        one wish to deploy is enough."""
        ...

    def list(self) -> Sequence[Review]:
        """Of all projects, the oldest first."""
        ...

    def done(self, review: Review) -> None:
        """Takes it away, unless it was requested again since it was read."""
        ...

    def outdated(self, application_id: str) -> dict[str, str]:
        """Why, by service."""
        ...

    def set_outdated(self, application_id: str, reasons: Mapping[str, str]) -> None: ...


class Inventory(Protocol):
    """What we applied, or were about to apply, of each application."""

    def list(self, application_id: str) -> Sequence[ObjectRecord]: ...
    def intend(self, application_id: str, records: Sequence[ObjectRecord]) -> None:
        """Adds rows that are not there yet, before the first write; rows that are there stay."""
        ...

    def put(self, application_id: str, records: Sequence[ObjectRecord]) -> None:
        """Inserts or replaces."""
        ...

    def remove(self, application_id: str, keys: Sequence[ObjectKey]) -> None: ...


class Revisions(Protocol):
    def add(
        self,
        application_id: str,
        *,
        cause: str,
        author: str,
        operation_id: str,
        services: dict[str, ServiceVersion],
        extras: str,
        notes: str,
        inputs: str = "",
    ) -> Revision:
        """The next number, open."""
        ...

    def get(self, application_id: str, number: int) -> Revision: ...
    def find_latest(self, application_id: str) -> Revision | None: ...
    def was_deployed(self, application_id: str) -> bool:
        """Whether one is in state DEPLOYED."""
        ...

    def list(self, application_id: str, *, page: Page = Page()) -> Sequence[Revision]:
        """Newest first."""
        ...

    def close(self, application_id: str, number: int, state: RevisionState) -> None:
        """Closing one as DEPLOYED makes the one that was so before SUPERSEDED."""
        ...


class ActiveOperation(msgspec.Struct, frozen=True):
    """One that has not ended. `cluster` is the name under which its project has registered it, `cluster_uid`
    which one that is."""

    id: str
    application_id: str
    project: str
    cluster: str
    cluster_uid: str
    state: OperationState


class Operations(Protocol):
    def add(
        self,
        application: Application,
        *,
        verb: Verb,
        services: tuple[str, ...],
        author: str,
        cause: str,
        plan: str,
        revision: int,
        recreate: bool = False,
        also: tuple[Also, ...] = (),
    ) -> Operation: ...

    def get(self, project: str, id_: str) -> Operation: ...
    def by_id(self, id_: str) -> Operation: ...
    def list(
        self,
        project: str = "",
        *,
        application_id: str = "",
        states: Sequence[OperationState] = (),
        page: Page = Page(),
    ) -> Sequence[Operation]:
        """Newest first; an empty project means all projects."""
        ...

    def active(self) -> Sequence[ActiveOperation]:
        """Of all projects, oldest first."""
        ...

    def move(
        self,
        id_: str,
        state: OperationState,
        *,
        error: str = "",
        failures: Sequence[FailureCard] | None = None,
    ) -> Operation:
        """Sets started_at and ended_at as it goes; an ended operation moves no more (`OperationEnded`).
        Without `failures` those that are marked stay."""
        ...

    def retain(self, *, before: str, limit: int) -> int:
        """Of operations that ended before a time the steps go, and those that made no revision that is there
        go with them; at most `limit` of each. Gives how many went."""
        ...

    def mark_done(self, id_: str, steps: Sequence[str]) -> None:
        """Adds finished steps to the journal."""
        ...

    def mark_failing(self, id_: str, failures: Sequence[FailureCard]) -> None:
        """What keeps an operation from its end now. Of one that has ended nothing changes."""
        ...

    def mark_reached(self, id_: str, reached: Sequence[Reached]) -> None:
        """Adds when services came how far; what is marked already stays so."""
        ...

    def reached(self, id_: str) -> Sequence[Reached]:
        """In the order of their times."""
        ...


class Lease(msgspec.Struct, frozen=True):
    """Leave to act on `name` until `expires_at` (seconds since the epoch, by the store's clock argument);
    `fence` grows with every new holder."""

    name: str
    holder: str
    fence: int
    expires_at: float


class Leases(Protocol):
    def acquire(self, name: str, holder: str, *, now: float, seconds: float) -> Lease | None:
        """Takes a lease that is free or run out, or extends one's own (same fence); None while another holds
        it."""
        ...

    def expires_at(self, name: str) -> float:
        """When a lease runs out, by the clock of its holder; 0 when nobody has it."""
        ...

    def release(self, lease: Lease) -> None: ...


class Clusters(Protocol):
    def create(self, cluster: Cluster) -> Cluster: ...
    def get(self, project: str, name: str) -> Cluster: ...
    def list(self, project: str = "") -> Sequence[Cluster]: ...
    def update(self, cluster: Cluster) -> Cluster: ...
    def delete(self, cluster: Cluster) -> None: ...


class Access(Protocol):
    """Tokens and the audit table."""

    def add_token(
        self, *, name: str, digest: str, project: str, role: Role, expires_at: str = ""
    ) -> Token: ...
    def find_token(self, digest: str) -> Token | None: ...
    def tokens(self, project: str) -> Sequence[Token]: ...
    def delete_token(self, project: str, name: str) -> None: ...
    def record(self, entry: AuditRecord) -> None: ...
    def audit(self, project: str, *, page: Page = Page()) -> Sequence[AuditRecord]:
        """Newest first."""
        ...

    def project_exists(self, project: str) -> bool: ...


class Idempotency(Protocol):
    """Answers of actions by (project, Idempotency-Key), so that a repeated request acts once."""

    def find(self, project: str, key: str) -> tuple[str, bytes] | None:
        """The digest of the request and the answer's body, or None."""
        ...

    def put(self, project: str, key: str, request: str, answer: bytes) -> None: ...


class Records(Protocol):
    """Everything in the store, inside one transaction."""

    @property
    def blobs(self) -> Blobs: ...
    @property
    def configs(self) -> Configs: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def templates(self) -> Templates: ...
    @property
    def applications(self) -> Applications: ...
    @property
    def reviews(self) -> Reviews: ...
    @property
    def drift(self) -> Drift: ...
    @property
    def health(self) -> Health: ...
    @property
    def triggers(self) -> Triggers: ...
    @property
    def inventory(self) -> Inventory: ...
    @property
    def revisions(self) -> Revisions: ...
    @property
    def operations(self) -> Operations: ...
    @property
    def holds(self) -> Holds: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def events(self) -> Events: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def clusters(self) -> Clusters: ...
    @property
    def access(self) -> Access: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def market(self) -> Market: ...
    @property
    def publications(self) -> Publications: ...
    @property
    def idempotency(self) -> Idempotency: ...


class Store(Protocol):
    async def read(self, fn: Callable[[Records], T]) -> T: ...
    async def write(self, fn: Callable[[Records], T]) -> T: ...
    def keyed_hash(self, content: bytes) -> str:
        """A hash of secret content that says nothing to who does not hold the key. 32 hex digits."""
        ...

    async def close(self) -> None: ...
