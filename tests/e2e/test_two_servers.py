"""Two servers on one database, embedded or PostgreSQL: one acts on a cluster, the other one is there when it
does not any more.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.e2e.conftest import Server, register
from tests.e2e.faults import LEASE, WORK, assert_ended_well, begin, own_server, shop, until, watched
from tests.postgres import make_postgres_database

from cantata.kube import KubeCluster
from cantata.sandbox import Sandbox

__all__ = ["make_postgres_database"]
pytestmark = pytest.mark.sandbox

SERVICES = ("Job migrate", "Deployment web", "Deployment api")


class Pair:
    """Two servers on the database at `url`."""

    def __init__(self, url: str, folder: Path) -> None:
        settings = {"CANTATA_DATABASE_URL": url, "CANTATA_KEY_FILE": str(folder / "key")}
        self.first = own_server(folder / "first", **settings)
        self.second = own_server(folder / "second", **settings)
        self._database = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    def start(self, sandbox: Sandbox) -> None:
        self.first.start()
        shutil.copy(self.first.folder / "admin-token", self.second.folder)
        self.second.start()
        register(self.first, sandbox)

    def stop(self) -> None:
        for server in (self.first, self.second):
            assert server.stop() == 0, server.log[-4000:]
        self._database.dispose()

    def in_turn(self) -> tuple[Server, Server]:
        """Which of both acts on the cluster, and which waits: not always the one that was asked to deploy."""
        acts = f":{self.first.pid}:" in self._holder()
        return (self.first, self.second) if acts else (self.second, self.first)

    def _holder(self) -> str:
        """Who holds the lease of the cluster, by the database."""
        query = sa.text("SELECT holder FROM leases WHERE name LIKE 'cluster:%'")
        with self._database.connect() as connection:
            found: str = connection.execute(query).scalar_one()
        return found


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def pair(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Iterator[Pair]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/cantata.db"
    else:
        url = request.getfixturevalue("make_postgres_database")()
    pair = Pair(url, tmp_path)
    pair.start(sandbox)
    yield pair
    pair.stop()


async def test_another_server_takes_over_from_one_that_was_killed(
    pair: Pair, cluster: KubeCluster, namespace: str
) -> None:
    async with watched(cluster, namespace) as witness:
        operation = await begin(pair.first, namespace, shop())
        await until("web is there", lambda: witness.saw("Deployment web"))
        acting, waiting = pair.in_turn()
        acting.kill()
        try:
            killed = time.monotonic()
            await assert_ended_well(waiting, namespace, operation)
            assert time.monotonic() - killed < 2 * LEASE + WORK
            assert f"operation {operation.id} is taken up again, " in waiting.log
            witness.assert_each_once(*SERVICES)
        finally:
            acting.start()


async def test_a_server_that_was_stopped_too_long_writes_nothing_more(
    pair: Pair, cluster: KubeCluster, namespace: str
) -> None:
    async with watched(cluster, namespace) as witness:
        operation = await begin(pair.first, namespace, shop(delay="5s"))
        await until("web is there", lambda: witness.saw("Deployment web"))
        acting, waiting = pair.in_turn()
        os.kill(acting.pid, signal.SIGSTOP)
        try:
            await until("the other holds the lease", lambda: pair.in_turn()[0] is waiting)
        finally:
            os.kill(acting.pid, signal.SIGCONT)
        left = f"operation {operation.id} is left"
        await until("the first has left the operation", lambda: left in acting.log)
        await assert_ended_well(waiting, namespace, operation)
        witness.assert_each_once(*SERVICES)
