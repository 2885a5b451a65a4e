"""Triggers, their calls, and what tells a call that came before."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.core.model.triggers import CallState, ImageRule, KeyRule, TriggerKind
from cantata.store.tables.columns import TEXT, Json, Word, column, key, metadata, owner, project_column

triggers = sa.Table(
    "triggers",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("config_id", TEXT, sa.ForeignKey("configs.id")),
    column("kind", Word(TriggerKind)),
    column("keys", Json(tuple[KeyRule, ...])),
    column("images", Json(tuple[ImageRule, ...])),
    column("sources", Json(tuple[str, ...])),
    column("enabled", sa.Boolean()),
    column("row_version", sa.Integer()),
    column("created_at"),
    column("secrets", sa.LargeBinary()),
    sa.UniqueConstraint("project", "name"),
    sa.Index(None, "config_id"),
)

trigger_calls = sa.Table(
    "trigger_calls",
    metadata,
    key("id"),
    owner("trigger_id", "triggers.id"),
    column("delivery"),
    column("source"),
    column("received_at"),
    column("state", Word(CallState)),
    column("cause"),
    column("result"),
    column("config_version", sa.Integer()),
    column("attempts", sa.Integer()),
    column("ended_at"),
    column("payload", sa.LargeBinary()),
    sa.Index(None, "trigger_id", "id"),
    sa.Index(None, "trigger_id", "state"),
    sa.Index(None, "state", "id"),
)

# What tells a call that came before; kept far longer than the call, so that its id is no foreign key.
trigger_deliveries = sa.Table(
    "trigger_deliveries",
    metadata,
    owner("trigger_id", "triggers.id"),
    column("identity"),
    column("number", sa.BigInteger()),
    column("call_id"),
    column("delivery"),
    column("received_at"),
    column("state", Word(CallState)),
    sa.PrimaryKeyConstraint("trigger_id", "identity"),
    sa.Index(None, "trigger_id", "number"),
    sa.Index(None, "call_id"),
)
