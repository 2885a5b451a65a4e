"""What is known of the drift of applications, and what is done about it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0020"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("applications") as applications:
        applications.add_column(sa.Column("drift", sa.Text(), nullable=False, server_default="report"))
        applications.add_column(sa.Column("drift_except", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "drift",
        sa.Column("application_id", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("reverted", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_drift_application_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("application_id", name="pk_drift"),
    )
