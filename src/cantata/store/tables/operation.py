"""Plans, operations with their journals, and the leases under which they run."""

from __future__ import annotations

import sqlalchemy as sa

from cantata.core.model.applications import OperationState, Verb
from cantata.core.model.cards import FailureCard
from cantata.core.model.deletions import Also
from cantata.core.model.stored_plans import Approval, Basis, Draft, PlanState, PlanSummary
from cantata.core.model.timing import Mark
from cantata.store.tables.columns import Json, Word, column, key, metadata, owner, project_column

plans = sa.Table(
    "plans",
    metadata,
    key("id"),
    project_column(),
    owner("application_id", "applications.id"),
    column("application"),
    column("state", Word(PlanState)),
    column("author"),
    column("cause"),
    column("created_at"),
    column("expires_at"),
    column("summary", Json(PlanSummary)),
    column("approvals", Json(tuple[Approval, ...])),
    column("operation_id"),
    column("draft", Json(Draft)),
    column("basis", Json(Basis)),
    column("shown"),
    sa.Index(None, "application_id", "id"),
    sa.Index(None, "project", "id"),
)

# Operations outlive their application, so its id is no foreign key here.
operations = sa.Table(
    "operations",
    metadata,
    key("id"),
    project_column(),
    column("application_id"),
    column("application"),
    column("verb", Word(Verb)),
    column("state", Word(OperationState)),
    column("services", Json(tuple[str, ...])),
    column("author"),
    column("cause"),
    column("plan"),
    column("revision", sa.Integer()),
    column("error"),
    column("created_at"),
    column("started_at"),
    column("ended_at"),
    column("recreate", sa.Boolean()),
    column("failures", Json(tuple[FailureCard, ...])),
    column("also", Json(tuple[Also, ...])),
    sa.Index(None, "application_id", "id"),
    sa.Index(None, "project", "id"),
    sa.Index(None, "state"),
)

journal = sa.Table(
    "journal",
    metadata,
    key("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
    owner("operation_id", "operations.id"),
    column("step"),
    sa.UniqueConstraint("operation_id", "step"),
)

milestones = sa.Table(
    "milestones",
    metadata,
    owner("operation_id", "operations.id"),
    column("service"),
    column("mark", Word(Mark)),
    column("at", sa.Double()),
    sa.PrimaryKeyConstraint("operation_id", "service", "mark"),
)

leases = sa.Table(
    "leases",
    metadata,
    key("name"),
    column("holder"),
    column("fence", sa.BigInteger()),
    column("expires_at", sa.Double()),
)
