"""Configs with their versions, entries and tags."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.store.tables.columns import TEXT, Json, column, key, metadata, owner, project_column

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
