"""What projects publish in their own markets, whether everybody may read it, and what came from a market."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "market_publications",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("archive", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_market_publications_project"),
        sa.PrimaryKeyConstraint("id", name="pk_market_publications"),
        sa.UniqueConstraint("project", "file", name="uq_market_publications_project_file"),
    )
    op.create_table(
        "market_access",
        sa.Column("project", TEXT, nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_market_access_project"),
        sa.PrimaryKeyConstraint("project", name="pk_market_access"),
    )
    op.create_table(
        "market_imports",
        sa.Column("version_id", TEXT, nullable=False),
        sa.Column("repository_id", TEXT, nullable=False),
        sa.Column("chart", TEXT, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["template_versions.id"], name="fk_market_imports_version_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", name="pk_market_imports"),
    )
