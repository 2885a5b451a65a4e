"""Sealed contents, the keys that seal them, and secrets of configs."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.store.tables.columns import column, key, metadata, project_column

data_keys = sa.Table(
    "data_keys",
    metadata,
    sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
    column("wrapped", sa.LargeBinary()),
    column("created_at"),
    column("hashing", sa.LargeBinary(), null=True),
)

blobs = sa.Table(
    "blobs",
    metadata,
    key("address"),
    column("content", sa.LargeBinary()),
    column("size", sa.BigInteger()),
    column("created_at"),
)

secrets = sa.Table(
    "secrets",
    metadata,
    key("id"),
    project_column(),
    column("sealed", sa.LargeBinary()),
    column("created_at"),
)
