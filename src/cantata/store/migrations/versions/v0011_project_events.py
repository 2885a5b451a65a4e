"""Events have one stream per project. Those that are there are numbered anew, in the order of their times;
those of applications that are gone have gone with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = """
    SELECT row_number() OVER (
             PARTITION BY applications.project ORDER BY events.at, events.stream, events.id
           ) AS id,
           applications.project AS project, applications.id AS application_id,
           applications.name AS application, events.type AS type, events.at AS at, events.data AS data
      FROM events_before AS events JOIN applications ON applications.id = events.stream
     WHERE events.type IN ('operation', 'service', 'object', 'hook', 'warning', 'waiting', 'collected')
"""


def upgrade() -> None:
    op.execute("CREATE TABLE events_before AS SELECT stream, id, type, at, data FROM events")
    op.drop_table("events")
    op.drop_table("streams")
    op.create_table(
        "streams",
        sa.Column("project", TEXT, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_streams_project"),
        sa.PrimaryKeyConstraint("project", name="pk_streams"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("application_id", TEXT, nullable=False),
        sa.Column("application", TEXT, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project"], ["streams.project"], name="fk_events_project", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project", "id", name="pk_events"),
    )
    op.create_index("ix_events_application_id_id", "events", ["application_id", "id"], unique=False)
    op.execute(
        f"INSERT INTO streams (project, last) SELECT project, count(*) FROM ({BEFORE}) AS before"
        " GROUP BY project"
    )
    op.execute(
        "INSERT INTO events (id, project, application_id, application, type, at, data)"
        f" SELECT id, project, application_id, application, type, at, data FROM ({BEFORE}) AS before"
    )
    op.drop_table("events_before")
