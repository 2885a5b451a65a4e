"""Templates and their versions."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.core.model.charts import LoadedChart
from cantata.core.model.templates import TemplateSpec
from cantata.store.tables.columns import Json, column, key, metadata, owner, project_column

templates = sa.Table(
    "templates",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("description"),
    column("latest", sa.Integer()),
    column("created_at"),
    column("deprecated", null=True),
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
