"""Repositories of charts, what they list, and what projects publish themselves."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cantata.core.model.listings import ChartSource, ListedVersion
from cantata.core.model.market import ChartRow, IndexMark, RepositoryKind
from cantata.store.tables.columns import TEXT, Json, Word, column, key, metadata, owner, project_column

market_repositories = sa.Table(
    "market_repositories",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("kind", Word(RepositoryKind)),
    column("url"),
    column("charts", Json(tuple[str, ...])),
    column("plain_http", sa.Boolean()),
    column("pass_credentials", sa.Boolean()),
    column("ca_text"),
    column("row_version", sa.Integer()),
    column("created_at"),
    column("username"),
    column("refreshed_at"),
    column("mark", Json(IndexMark)),
    column("entries", sa.Integer()),
    column("skipped", Json(tuple[str, ...])),
    column("error"),
    column("failures", sa.Integer()),
    column("next_at", sa.Double()),
    column("credentials", sa.LargeBinary()),
    sa.UniqueConstraint("project", "name"),
    sa.Index(None, "next_at"),
)

# `keyed` and `searched` are what a search looks at, in lower case. What it does not look at lies in a table
# of its own, since a search reads all rows of this one.
market_charts = sa.Table(
    "market_charts",
    metadata,
    owner("repository_id", "market_repositories.id"),
    column("name"),
    column("version"),
    column("app_version"),
    column("description"),
    column("deprecated", sa.Boolean()),
    column("keyed"),
    column("searched"),
    sa.PrimaryKeyConstraint("repository_id", "name"),
)

market_versions = sa.Table(
    "market_versions",
    metadata,
    owner("repository_id", "market_repositories.id"),
    column("name"),
    column("newest", Json(ChartRow)),
    column("versions", Json(tuple[ListedVersion, ...])),
    sa.PrimaryKeyConstraint("repository_id", "name"),
)

# `file` is the name under which it is served, `archive` the address of its blob.
market_publications = sa.Table(
    "market_publications",
    metadata,
    key("id"),
    project_column(),
    column("file"),
    column("row", Json(ChartRow)),
    column("template"),
    column("number", sa.Integer()),
    column("author"),
    column("created_at"),
    column("metadata", Json(dict[str, Any])),
    column("archive"),
    sa.UniqueConstraint("project", "file"),
)

# Where versions of templates came from. A repository may go: its id is no foreign key.
market_imports = sa.Table(
    "market_imports",
    metadata,
    key("version_id", TEXT, sa.ForeignKey("template_versions.id", ondelete="CASCADE")),
    column("repository_id"),
    column("chart"),
    column("source", Json(ChartSource)),
)

market_access = sa.Table(
    "market_access",
    metadata,
    key("project", TEXT, sa.ForeignKey("projects.name")),
    column("public", sa.Boolean()),
)
