"""Configs: parents by id, labels, schemas, tags, and the entries of the latest version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    describe_configs()
    name_parents_by_id()
    create_entries()
    create_tags()


def describe_configs() -> None:
    with op.batch_alter_table("configs") as configs:
        configs.add_column(sa.Column("labels", sa.Text(), nullable=False, server_default="{}"))
        configs.add_column(sa.Column("schema", TEXT, nullable=False, server_default=""))
        configs.add_column(sa.Column("row_version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("configs") as configs:
        for name in ("labels", "schema", "row_version"):
            configs.alter_column(name, server_default=None)


def name_parents_by_id() -> None:
    with op.batch_alter_table("config_versions") as versions:
        versions.drop_index("ix_config_versions_extends_config")
        versions.alter_column("extends_config", new_column_name="parent_name")
        versions.alter_column("extends_version", new_column_name="parent_version")
        versions.add_column(sa.Column("parent_id", TEXT, nullable=True))
        versions.create_foreign_key(
            "fk_config_versions_parent_id", "configs", ["parent_id"], ["id"], ondelete="SET NULL"
        )
        versions.create_index("ix_config_versions_parent_id", ["parent_id"])
    op.execute(
        "UPDATE config_versions SET parent_id = (SELECT parent.id FROM configs AS parent, configs AS child"
        " WHERE child.id = config_versions.config_id AND parent.project = child.project"
        " AND parent.name = config_versions.parent_name) WHERE parent_name IS NOT NULL"
    )


def create_entries() -> None:
    op.create_table(
        "config_entries",
        sa.Column("config_id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("set_in", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["config_id"], ["configs.id"], name="fk_config_entries_config_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("config_id", "key", name="pk_config_entries"),
    )


def create_tags() -> None:
    op.create_table(
        "config_tags",
        sa.Column("config_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["config_id"], ["configs.id"], name="fk_config_tags_config_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("config_id", "name", name="pk_config_tags"),
    )
