"""Brings a database to this program's schema."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cantata.store.errors import StoreTooNew

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x63616E74
"""Any fixed number: replicas that start together migrate one after the other."""


def alembic_config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(engine: sa.Engine) -> None:
    """All pending migrations in one transaction. Raises `StoreTooNew`."""
    # Rebuilding a table would delete the rows that refer to it, and SQLite hears this word only outside of a
    # transaction; so foreign keys are checked at the end instead.
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        else:
            # The one that waited for the lock must see what the other did meanwhile.
            connection = connection.execution_options(isolation_level="READ COMMITTED")
        try:
            with connection.begin():
                if not sqlite:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
                upgrade(connection)
                if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                    raise AssertionError(f"the migration broke {len(broken)} references")
        finally:
            if sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


def upgrade(connection: sa.Connection) -> None:
    config = alembic_config(connection)
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    if present == scripts.get_current_head():
        return
    known = {script.revision for script in scripts.walk_revisions()}
    if present is not None and present not in known:
        raise StoreTooNew(
            f"the database has schema {present}, which this program does not know",
            subject="database",
            hint="Install the newer Cantata that wrote it, or restore the backup from before its upgrade.",
        )
    command.upgrade(config, "head")
