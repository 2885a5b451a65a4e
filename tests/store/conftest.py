"""A store on each database; PostgreSQL is started once a session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.postgres import make_postgres_database

from cantata.core.model.access import Cluster
from cantata.core.model.applications import Application
from cantata.core.model.charts import LoadedChart
from cantata.core.model.templates import TemplateSpec
from cantata.ports.store import Records
from cantata.store import SqlStore, StoreKey, open_store

__all__ = ["make_postgres_database"]


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
