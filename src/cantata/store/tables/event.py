"""Events, and webhooks that tell them to others."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cantata.core.model.events import EventType
from cantata.core.model.webhooks import DeliveryState, Notice
from cantata.store.tables.columns import TEXT, Json, Word, column, key, metadata, owner, project_column

streams = sa.Table(
    "streams",
    metadata,
    key("project", TEXT, sa.ForeignKey("projects.name")),
    column("last", sa.BigInteger()),
)

# Events outlive their application, so its id is no foreign key here.
events = sa.Table(
    "events",
    metadata,
    column("id", sa.BigInteger()),
    owner("project", "streams.project"),
    column("application_id"),
    column("application"),
    column("type", Word(EventType)),
    column("at"),
    column("data", Json(dict[str, Any])),
    sa.PrimaryKeyConstraint("project", "id"),
    sa.Index(None, "application_id", "id"),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    key("id"),
    project_column(),
    column("name"),
    column("url"),
    column("notices", Json(tuple[Notice, ...])),
    column("applications", Json(tuple[str, ...])),
    column("enabled", sa.Boolean()),
    column("row_version", sa.Integer()),
    column("created_at"),
    column("since", sa.BigInteger()),
    column("secret", sa.LargeBinary()),
    sa.UniqueConstraint("project", "name"),
)

# How far the events of a project have become deliveries.
webhook_progress = sa.Table(
    "webhook_progress",
    metadata,
    key("project", TEXT, sa.ForeignKey("projects.name")),
    column("told", sa.BigInteger()),
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    key("id"),
    owner("webhook_id", "webhooks.id"),
    column("notice", Word(Notice)),
    column("application"),
    column("event", sa.BigInteger()),
    column("payload"),
    column("state", Word(DeliveryState)),
    column("attempts", sa.Integer()),
    column("status", sa.Integer()),
    column("error"),
    column("created_at"),
    column("ended_at"),
    column("next_at", sa.Double()),
    sa.Index(None, "webhook_id", "id"),
    sa.Index(None, "state", "next_at"),
)
