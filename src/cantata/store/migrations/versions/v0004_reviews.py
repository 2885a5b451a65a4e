"""Applications that follow: their policy, what has to be looked at again, and what is outdated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("applications") as applications:
        applications.add_column(sa.Column("updates", TEXT, nullable=False, server_default="manual"))
    with op.batch_alter_table("applications") as applications:
        applications.alter_column("updates", server_default=None)
    op.create_table(
        "reviews",
        sa.Column("application_id", TEXT, nullable=False),
        sa.Column("requested_at", sa.Double(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("cause", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("deploy", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_reviews_application_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("application_id", name="pk_reviews"),
    )
    op.create_table(
        "outdated",
        sa.Column("application_id", TEXT, nullable=False),
        sa.Column("service", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_outdated_application_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("application_id", "service", name="pk_outdated"),
    )
