"""Triggers and the calls that came to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "triggers",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("config_id", TEXT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("images", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["config_id"], ["configs.id"], name="fk_triggers_config_id"),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_triggers_project"),
        sa.PrimaryKeyConstraint("id", name="pk_triggers"),
        sa.UniqueConstraint("project", "name", name="uq_triggers_project_name"),
    )
    op.create_index("ix_triggers_config_id", "triggers", ["config_id"], unique=False)
    op.create_table(
        "trigger_calls",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("trigger_id", TEXT, nullable=False),
        sa.Column("delivery", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("received_at", TEXT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", TEXT, nullable=False),
        sa.Column("result", TEXT, nullable=False),
        sa.Column("config_version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended_at", TEXT, nullable=False),
        sa.Column("identity", TEXT, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trigger_id"], ["triggers.id"], name="fk_trigger_calls_trigger_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_trigger_calls"),
        sa.UniqueConstraint("trigger_id", "identity", name="uq_trigger_calls_trigger_id_identity"),
    )
    op.create_index("ix_trigger_calls_trigger_id_id", "trigger_calls", ["trigger_id", "id"], unique=False)
    op.create_index("ix_trigger_calls_state_id", "trigger_calls", ["state", "id"], unique=False)
