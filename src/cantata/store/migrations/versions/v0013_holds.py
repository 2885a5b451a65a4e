"""Values that a rollback took away are held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0022"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "holds",
        *(sa.Column(name, TEXT, nullable=False) for name in ("id", "application_id", "service")),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("author", "created_at")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_holds_application_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index("ix_holds_application_id", "holds", ["application_id"], unique=False)
