"""Called by Alembic; the connection with its open transaction comes from `cantata.store.migrate`."""

from __future__ import annotations

from alembic import context

from cantata.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
)
context.run_migrations()
