"""The waiting calls of one trigger are counted."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_trigger_calls_trigger_id_state", "trigger_calls", ["trigger_id", "state"], unique=False
    )
