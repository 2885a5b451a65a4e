"""Definitions before the services that use them, over a cluster in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cantata.actions.streams import Streams
from cantata.core.model.applications import Application, Operation
from cantata.core.model.objects import Manifest
from cantata.reconcile.apply import Writer
from cantata.reconcile.definitions import ensure_definitions
from cantata.reconcile.journal import JournalDesk
from cantata.reconcile.lease import ClusterLease
from cantata.reconcile.live import ClusterObjects
from cantata.reconcile.requests import Requests
from cantata.store import SqlStore

KIND = ("example.org", "Shop")
ESTABLISHED = {"conditions": [{"type": "Established", "status": "True"}]}
DEADLINE = 10.0


def definition() -> Manifest:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "shops.example.org"},
        "spec": {
            "group": KIND[0],
            "names": {"kind": KIND[1], "plural": "shops"},
            "versions": [{"name": "v1", "served": True}, {"name": "v0", "served": False}],
        },
    }


@pytest.fixture
async def ensuring(
    cluster: Any, store: SqlStore, shop: Application, operation: Operation
) -> AsyncIterator[asyncio.Task[None]]:
    lease = ClusterLease(store, "uid-1", "one", 60)
    await lease.acquire()
    desk = JournalDesk(store, Streams(store))
    journal = desk.open(operation, lease.grant())
    requests = Requests(lease.grant(), journal, 60)
    live = ClusterObjects(cluster.port).application(shop.id)
    writer = Writer(cluster.port, requests, live, journal, shop.id, ())
    cluster.unserved.add(KIND)
    yield asyncio.create_task(ensure_definitions([definition()], cluster.port, requests, writer, journal))
    await desk.close()


async def test_a_definition_is_awaited_until_discovery_tells_of_its_kind(
    ensuring: asyncio.Task[None], cluster: Any, eventually: Any
) -> None:
    """A little after it is established: who looks in between finds no such kind, and never watches it."""

    async def watched() -> bool:
        return "shops.example.org" in cluster.applied and bool(cluster.informers)

    await eventually(watched)
    asked = cluster.asked[KIND]
    cluster.put({**definition(), "status": ESTABLISHED})

    async def asked_again() -> bool:
        return bool(cluster.asked[KIND] > asked + 1)

    await eventually(asked_again)
    assert not ensuring.done()
    cluster.unserved.clear()
    async with asyncio.timeout(DEADLINE):
        await ensuring
