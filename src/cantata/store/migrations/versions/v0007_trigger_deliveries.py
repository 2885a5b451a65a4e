"""What tells a call that came before outlives the call. The waiting calls of one trigger are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "trigger_deliveries",
        sa.Column("trigger_id", TEXT, nullable=False),
        sa.Column("identity", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("call_id", TEXT, nullable=False),
        sa.Column("delivery", TEXT, nullable=False),
        sa.Column("received_at", TEXT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trigger_id"], ["triggers.id"], name="fk_trigger_deliveries_trigger_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trigger_id", "identity", name="pk_trigger_deliveries"),
    )
    op.execute(
        "INSERT INTO trigger_deliveries (trigger_id, identity, number, call_id, delivery, received_at, state)"
        " SELECT trigger_id, identity, row_number() OVER (PARTITION BY trigger_id ORDER BY id), id, delivery,"
        " received_at, state FROM trigger_calls"
    )
    for columns in (["trigger_id", "number"], ["call_id"]):
        name = "_".join(["ix_trigger_deliveries", *columns])
        op.create_index(name, "trigger_deliveries", columns, unique=False)
    with op.batch_alter_table("trigger_calls") as calls:
        calls.drop_constraint("uq_trigger_calls_trigger_id_identity", type_="unique")
        calls.drop_column("identity")
    op.create_index(
        "ix_trigger_calls_trigger_id_state", "trigger_calls", ["trigger_id", "state"], unique=False
    )
