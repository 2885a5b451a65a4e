"""Plans that are kept, what projects demand of changes, and when services of operations came how far."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
OF_PLANS = ("id", "project", "application_id", "application")


def upgrade() -> None:
    op.create_table(
        "plans",
        *(sa.Column(name, TEXT, nullable=False) for name in OF_PLANS),
        sa.Column("state", sa.Text(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("author", "cause", "created_at", "expires_at")),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("approvals", sa.Text(), nullable=False),
        sa.Column("operation_id", TEXT, nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("shown", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_plans_project"),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_plans_application_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
    )
    op.create_index("ix_plans_application_id_id", "plans", ["application_id", "id"], unique=False)
    op.create_index("ix_plans_project_id", "plans", ["project", "id"], unique=False)
    op.create_table(
        "policies",
        sa.Column("project", TEXT, nullable=False),
        sa.Column("plan_required", sa.Boolean(), nullable=False),
        sa.Column("approval", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_policies_project"),
        sa.PrimaryKeyConstraint("project", name="pk_policies"),
    )
    op.create_table(
        "milestones",
        sa.Column("operation_id", TEXT, nullable=False),
        sa.Column("service", TEXT, nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["operations.id"], name="fk_milestones_operation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("operation_id", "service", "mark", name="pk_milestones"),
    )
