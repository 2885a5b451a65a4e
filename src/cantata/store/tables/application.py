"""Clusters, applications, what is recorded of what they run, and how they fare."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.core.model.adjustments import Adjustments
from cantata.core.model.applications import Assignment, RevisionState, ServiceVersion, UpdatePolicy
from cantata.core.model.drift import DriftedField, DriftPolicy, Reverted
from cantata.store.tables.columns import TEXT, Json, Word, column, key, metadata, owner, project_column

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

drift = sa.Table(
    "drift",
    metadata,
    key("application_id", TEXT, sa.ForeignKey("applications.id", ondelete="CASCADE")),
    column("revision", sa.Integer()),
    column("fields", Json(tuple[DriftedField, ...])),
    column("reverted", Json(tuple[Reverted, ...])),
)

ill = sa.Table(
    "ill",
    metadata,
    key("application_id", TEXT, sa.ForeignKey("applications.id", ondelete="CASCADE")),
    column("since"),
)
