"""All tables. Columns stand in the order of the fields of the noun's struct, so that a row becomes one by
`Struct(*row)`; a column that the struct lacks stands last.

Foreign keys use ids. Texts sort by code point on both databases, since cursors compare names. What is queried
has its own column; the rest is JSON by msgspec. Addresses of blobs stand in `template_versions.archive`,
`clusters.credentials`, `revisions.extras`, `revisions.inputs`, `plans.shown` and in the JSON of
`revisions.services` and `plans.draft`.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from cantata.core.model.access import Role
from cantata.core.model.adjustments import Adjustments
from cantata.core.model.applications import (
    Assignment,
    OperationState,
    RevisionState,
    ServiceVersion,
    UpdatePolicy,
    Verb,
)
from cantata.core.model.cards import FailureCard
from cantata.core.model.charts import LoadedChart
from cantata.core.model.deletions import Also
from cantata.core.model.drift import DriftedField, DriftPolicy, Reverted
from cantata.core.model.events import EventType
from cantata.core.model.stored_plans import Approval, Basis, Draft, PlanState, PlanSummary
from cantata.core.model.templates import TemplateSpec
from cantata.core.model.timing import Mark
from cantata.core.model.triggers import CallState, ImageRule, KeyRule, TriggerKind
from cantata.core.model.webhooks import DeliveryState, Notice

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


class Json(TypeDecorator[Any]):
    """A value of a known type as JSON text."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind
        self._decode = msgspec.json.Decoder(kind).decode

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        return msgspec.json.encode(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        return self._decode(value)


class Word(TypeDecorator[Any]):
    """A member of a closed list, as its word."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, words: type[enum.StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        return self.words(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> enum.StrEnum:  # noqa: ARG002
        return self.words(value)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def column(name: str, type_: Any = TEXT, *constraints: Any, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, type_, *constraints, nullable=null)


def key(name: str, type_: Any = TEXT, *constraints: Any) -> sa.Column[Any]:
    return sa.Column(name, type_, *constraints, primary_key=True, nullable=False)


def project_column() -> sa.Column[Any]:
    return column("project", TEXT, sa.ForeignKey("projects.name"))


def owner(name: str, target: str) -> sa.Column[Any]:
    """The row goes with its owner."""
    return column(name, TEXT, sa.ForeignKey(target, ondelete="CASCADE"))


projects = sa.Table("projects", metadata, key("name"), column("created_at"))

policies = sa.Table(
    "policies",
    metadata,
    key("project", TEXT, sa.ForeignKey("projects.name")),
    column("plan_required", sa.Boolean()),
    column("approval", Json(Role | None)),
)

data_keys = sa.Table(
    "data_keys",
    metadata,
    sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
    column("wrapped", sa.LargeBinary()),
    column("created_at"),
    column("hashing", sa.LargeBinary(), null=True),
)

blobs = sa.Table(
    "blobs",
    metadata,
    key("address"),
    column("content", sa.LargeBinary()),
    column("size", sa.BigInteger()),
    column("created_at"),
)

secrets = sa.Table(
    "secrets",
    metadata,
    key("id"),
    project_column(),
    column("sealed", sa.LargeBinary()),
    column("created_at"),
)

configs = sa.Table(
    "configs",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("latest", sa.Integer()),
    column("created_at"),
    column("labels", Json(dict[str, str])),
    column("schema"),
    column("row_version", sa.Integer()),
    sa.UniqueConstraint("project", "name"),
)

config_versions = sa.Table(
    "config_versions",
    metadata,
    key("id"),
    owner("config_id", "configs.id"),
    column("number", sa.Integer()),
    column("text"),
    column("parent_id", TEXT, sa.ForeignKey("configs.id", ondelete="SET NULL"), null=True),
    column("parent_name", null=True),
    column("parent_version", sa.Integer(), null=True),
    column("author"),
    column("message"),
    column("created_at"),
    sa.UniqueConstraint("config_id", "number"),
    sa.Index(None, "parent_id"),
)

config_entries = sa.Table(
    "config_entries",
    metadata,
    owner("config_id", "configs.id"),
    column("key"),
    column("text"),
    column("type"),
    column("line", sa.Integer()),
    column("secret", sa.Boolean()),
    column("set_in", sa.Integer()),
    sa.PrimaryKeyConstraint("config_id", "key"),
)

config_tags = sa.Table(
    "config_tags",
    metadata,
    owner("config_id", "configs.id"),
    column("name"),
    column("number", sa.Integer()),
    column("created_at"),
    sa.PrimaryKeyConstraint("config_id", "name"),
)

templates = sa.Table(
    "templates",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("description"),
    column("latest", sa.Integer()),
    column("created_at"),
    sa.UniqueConstraint("project", "name"),
)

template_versions = sa.Table(
    "template_versions",
    metadata,
    key("id"),
    owner("template_id", "templates.id"),
    column("number", sa.Integer()),
    column("chart", Json(LoadedChart)),
    column("spec", Json(TemplateSpec)),
    column("origin"),
    column("author"),
    column("created_at"),
    column("digest"),
    column("archive"),
    sa.UniqueConstraint("template_id", "number"),
    sa.Index(None, "digest"),
)

clusters = sa.Table(
    "clusters",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("uid"),
    column("server"),
    column("credentials"),
    column("created_at"),
    sa.UniqueConstraint("project", "name"),
)

applications = sa.Table(
    "applications",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("template_id", TEXT, sa.ForeignKey("templates.id")),
    column("template_version", sa.Integer(), null=True),
    column("config_id", TEXT, sa.ForeignKey("configs.id"), null=True),
    column("config_version", sa.Integer(), null=True),
    column("cluster_id", TEXT, sa.ForeignKey("clusters.id")),
    column("namespace"),
    column("release"),
    column("create_namespace", sa.Boolean()),
    column("overrides"),
    column("service_overrides", Json(dict[str, str])),
    column("delivery"),
    column("updates", Word(UpdatePolicy)),
    column("drift", Word(DriftPolicy)),
    column("drift_except", Json(tuple[str, ...])),
    column("assignments", Json(tuple[Assignment, ...])),
    column("adjustments", Json(dict[str, Adjustments])),
    column("deleting", sa.Boolean()),
    column("row_version", sa.Integer()),
    column("created_at"),
    sa.UniqueConstraint("project", "name"),
    sa.UniqueConstraint("namespace", "release", "cluster_id"),
    sa.Index(None, "cluster_id"),
    sa.Index(None, "template_id"),
    sa.Index(None, "config_id"),
)

reviews = sa.Table(
    "reviews",
    metadata,
    key("application_id", TEXT, sa.ForeignKey("applications.id", ondelete="CASCADE")),
    column("requested_at", sa.Double()),
    column("requests", sa.Integer()),
    column("cause"),
    column("author"),
    column("deploy", sa.Boolean()),
)

outdated = sa.Table(
    "outdated",
    metadata,
    owner("application_id", "applications.id"),
    column("service"),
    column("reason"),
    sa.PrimaryKeyConstraint("application_id", "service"),
)

ill = sa.Table(
    "ill",
    metadata,
    key("application_id", TEXT, sa.ForeignKey("applications.id", ondelete="CASCADE")),
    column("since"),
)

drift = sa.Table(
    "drift",
    metadata,
    key("application_id", TEXT, sa.ForeignKey("applications.id", ondelete="CASCADE")),
    column("revision", sa.Integer()),
    column("fields", Json(tuple[DriftedField, ...])),
    column("reverted", Json(tuple[Reverted, ...])),
)

triggers = sa.Table(
    "triggers",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("config_id", TEXT, sa.ForeignKey("configs.id")),
    column("kind", Word(TriggerKind)),
    column("keys", Json(tuple[KeyRule, ...])),
    column("images", Json(tuple[ImageRule, ...])),
    column("sources", Json(tuple[str, ...])),
    column("enabled", sa.Boolean()),
    column("row_version", sa.Integer()),
    column("created_at"),
    column("secrets", sa.LargeBinary()),
    sa.UniqueConstraint("project", "name"),
    sa.Index(None, "config_id"),
)

trigger_calls = sa.Table(
    "trigger_calls",
    metadata,
    key("id"),
    owner("trigger_id", "triggers.id"),
    column("delivery"),
    column("source"),
    column("received_at"),
    column("state", Word(CallState)),
    column("cause"),
    column("result"),
    column("config_version", sa.Integer()),
    column("attempts", sa.Integer()),
    column("ended_at"),
    column("payload", sa.LargeBinary()),
    sa.Index(None, "trigger_id", "id"),
    sa.Index(None, "trigger_id", "state"),
    sa.Index(None, "state", "id"),
)

# What tells a call that came before; kept far longer than the call, so that its id is no foreign key.
trigger_deliveries = sa.Table(
    "trigger_deliveries",
    metadata,
    owner("trigger_id", "triggers.id"),
    column("identity"),
    column("number", sa.BigInteger()),
    column("call_id"),
    column("delivery"),
    column("received_at"),
    column("state", Word(CallState)),
    sa.PrimaryKeyConstraint("trigger_id", "identity"),
    sa.Index(None, "trigger_id", "number"),
    sa.Index(None, "call_id"),
)

inventory = sa.Table(
    "inventory",
    metadata,
    owner("application_id", "applications.id"),
    column("group"),
    column("kind"),
    column("namespace"),
    column("name"),
    column("version"),
    column("service"),
    column("desired"),
    column("uid"),
    column("fingerprint"),
    column("resource_version"),
    column("immutable"),
    column("hook", sa.Boolean()),
    column("keep", sa.Boolean()),
    column("completed", sa.Boolean()),
    sa.PrimaryKeyConstraint("application_id", "group", "kind", "namespace", "name"),
)

revisions = sa.Table(
    "revisions",
    metadata,
    key("id"),
    owner("application_id", "applications.id"),
    column("number", sa.Integer()),
    column("state", Word(RevisionState)),
    column("cause"),
    column("author"),
    column("operation_id"),
    column("created_at"),
    column("services", Json(dict[str, ServiceVersion])),
    column("extras"),
    column("notes", sa.LargeBinary()),
    column("inputs"),
    sa.UniqueConstraint("application_id", "number"),
)

holds = sa.Table(
    "holds",
    metadata,
    key("id"),
    owner("application_id", "applications.id"),
    column("service"),
    column("path", Json(tuple[str, ...])),
    column("value"),
    column("revision", sa.Integer()),
    column("author"),
    column("created_at"),
    sa.Index(None, "application_id"),
)

plans = sa.Table(
    "plans",
    metadata,
    key("id"),
    project_column(),
    owner("application_id", "applications.id"),
    column("application"),
    column("state", Word(PlanState)),
    column("author"),
    column("cause"),
    column("created_at"),
    column("expires_at"),
    column("summary", Json(PlanSummary)),
    column("approvals", Json(tuple[Approval, ...])),
    column("operation_id"),
    column("draft", Json(Draft)),
    column("basis", Json(Basis)),
    column("shown"),
    sa.Index(None, "application_id", "id"),
    sa.Index(None, "project", "id"),
)

# Operations outlive their application, so its id is no foreign key here.
operations = sa.Table(
    "operations",
    metadata,
    key("id"),
    project_column(),
    column("application_id"),
    column("application"),
    column("verb", Word(Verb)),
    column("state", Word(OperationState)),
    column("services", Json(tuple[str, ...])),
    column("author"),
    column("cause"),
    column("plan"),
    column("revision", sa.Integer()),
    column("error"),
    column("created_at"),
    column("started_at"),
    column("ended_at"),
    column("recreate", sa.Boolean()),
    column("failures", Json(tuple[FailureCard, ...])),
    column("also", Json(tuple[Also, ...])),
    sa.Index(None, "application_id", "id"),
    sa.Index(None, "project", "id"),
    sa.Index(None, "state"),
)

journal = sa.Table(
    "journal",
    metadata,
    key("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
    owner("operation_id", "operations.id"),
    column("step"),
    sa.UniqueConstraint("operation_id", "step"),
)

milestones = sa.Table(
    "milestones",
    metadata,
    owner("operation_id", "operations.id"),
    column("service"),
    column("mark", Word(Mark)),
    column("at", sa.Double()),
    sa.PrimaryKeyConstraint("operation_id", "service", "mark"),
)

streams = sa.Table(
    "streams",
    metadata,
    key("project", TEXT, sa.ForeignKey("projects.name")),
    column("last", sa.BigInteger()),
)

# Events outlive their application, so its id is no foreign key here.
events = sa.Table(
    "events",
    metadata,
    column("id", sa.BigInteger()),
    owner("project", "streams.project"),
    column("application_id"),
    column("application"),
    column("type", Word(EventType)),
    column("at"),
    column("data", Json(dict[str, Any])),
    sa.PrimaryKeyConstraint("project", "id"),
    sa.Index(None, "application_id", "id"),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("url"),
    column("notices", Json(tuple[Notice, ...])),
    column("applications", Json(tuple[str, ...])),
    column("enabled", sa.Boolean()),
    column("row_version", sa.Integer()),
    column("created_at"),
    column("since", sa.BigInteger()),
    column("secret", sa.LargeBinary()),
    sa.UniqueConstraint("project", "name"),
)

# How far the events of a project have become deliveries.
webhook_progress = sa.Table(
    "webhook_progress",
    metadata,
    key("project", TEXT, sa.ForeignKey("projects.name")),
    column("told", sa.BigInteger()),
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    key("id"),
    owner("webhook_id", "webhooks.id"),
    column("notice", Word(Notice)),
    column("application"),
    column("event", sa.BigInteger()),
    column("payload"),
    column("state", Word(DeliveryState)),
    column("attempts", sa.Integer()),
    column("status", sa.Integer()),
    column("error"),
    column("created_at"),
    column("ended_at"),
    column("next_at", sa.Double()),
    sa.Index(None, "webhook_id", "id"),
    sa.Index(None, "state", "next_at"),
)

leases = sa.Table(
    "leases",
    metadata,
    key("name"),
    column("holder"),
    column("fence", sa.BigInteger()),
    column("expires_at", sa.Double()),
)

tokens = sa.Table(
    "tokens",
    metadata,
    key("id"),
    column("name"),
    column("digest"),
    project_column(),
    column("role", Word(Role)),
    column("created_at"),
    column("expires_at"),
    sa.UniqueConstraint("project", "name"),
    sa.UniqueConstraint("digest"),
)

audit = sa.Table(
    "audit",
    metadata,
    column("at"),
    column("actor"),
    column("project"),
    column("verb"),
    column("noun"),
    column("name"),
    column("detail"),
    key("id"),
    sa.Index(None, "project", "id"),
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    key("project"),
    key("key"),
    column("request"),
    column("answer", sa.LargeBinary()),
    column("created_at"),
)
