"""Repositories of charts, and what they list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "market_repositories",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("charts", sa.Text(), nullable=False),
        sa.Column("plain_http", sa.Boolean(), nullable=False),
        sa.Column("pass_credentials", sa.Boolean(), nullable=False),
        sa.Column("ca_text", TEXT, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("username", TEXT, nullable=False),
        sa.Column("refreshed_at", TEXT, nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Text(), nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_market_repositories_project"),
        sa.PrimaryKeyConstraint("id", name="pk_market_repositories"),
        sa.UniqueConstraint("project", "name", name="uq_market_repositories_project_name"),
    )
    op.create_index("ix_market_repositories_next_at", "market_repositories", ["next_at"], unique=False)
    op.create_table(
        "market_charts",
        sa.Column("repository_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("app_version", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("deprecated", sa.Boolean(), nullable=False),
        sa.Column("keyed", TEXT, nullable=False),
        sa.Column("searched", TEXT, nullable=False),
        _of_repository("market_charts"),
        sa.PrimaryKeyConstraint("repository_id", "name", name="pk_market_charts"),
    )
    op.create_table(
        "market_versions",
        sa.Column("repository_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("newest", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        _of_repository("market_versions"),
        sa.PrimaryKeyConstraint("repository_id", "name", name="pk_market_versions"),
    )


def _of_repository(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["repository_id"],
        ["market_repositories.id"],
        name=f"fk_{table}_repository_id",
        ondelete="CASCADE",
    )
