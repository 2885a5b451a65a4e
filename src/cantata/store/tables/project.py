"""Projects, what they demand, who may do what in them, and who did."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.core.model.access import Role
from cantata.store.tables.columns import TEXT, Json, Word, column, key, metadata, project_column

projects = sa.Table("projects", metadata, key("name"), column("created_at"))

policies = sa.Table(
    "policies",
    metadata,
    key("project", TEXT, sa.ForeignKey("projects.name")),
    column("plan_required", sa.Boolean()),
    column("approval", Json(Role | None)),
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
