"""Operations keep the failure cards of what made them fail, and whether they may make objects anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("operations") as operations:
        operations.add_column(sa.Column("recreate", sa.Boolean(), nullable=False, server_default=sa.false()))
        operations.add_column(sa.Column("failures", sa.Text(), nullable=False, server_default="[]"))
