"""The keys of addresses and keyed hashes outlive the data key that they came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("data_keys") as data_keys:
        data_keys.add_column(sa.Column("hashing", sa.LargeBinary(), nullable=True))
