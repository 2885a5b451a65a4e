"""The loop that runs operations, over a real store and a cluster in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cantata.actions.card_desk import CardDesk
from cantata.actions.ports import Ports
from cantata.actions.streams import Streams
from cantata.core.model.applications import Application, Operation, OperationState, ServiceVersion, Verb
from cantata.ports import ClusterSession, Records
from cantata.reconcile.live import Live
from cantata.reconcile.operations import Operations
from cantata.store import SqlStore


@pytest.fixture
async def running(store: SqlStore, cluster: Any) -> AsyncIterator[asyncio.Task[None]]:
    """The loop of one server."""
    session, live, woken = ClusterSession("uid-1", cluster.port), Live(), asyncio.Event()
    nothing: Any = None

    class One:
        async def get(self, project: str, name: str) -> ClusterSession:  # noqa: ARG002
            return session

    clusters: Any = One()
    ports = Ports(
        store=store,
        renderer=nothing,
        clusters=clusters,
        live=live,
        documents=nothing,
        reads=nothing,
        charts=nothing,
        cards=CardDesk(),
        streams=Streams(store),
        wake=woken.set,
        call_came=lambda: None,
    )
    loop = Operations(ports, woken, holder="one", lease_seconds=0.5, progress_deadline=5, together=4)
    task = asyncio.create_task(loop.run())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await live.close()


async def test_an_operation_that_cannot_be_read_fails_and_is_not_taken_up_for_ever(
    store: SqlStore, shop: Application, running: asyncio.Task[None], eventually: Any
) -> None:
    """As when what a revision ran was not kept any longer."""

    def add(records: Records) -> Operation:
        operation = records.operations.add(
            shop, verb=Verb.DEPLOY, services=(), author="", cause="", plan="", revision=1
        )
        version = ServiceVersion("web", 1, (), "v4", "gone", "gone", "", 1)
        records.revisions.add(
            shop.id, cause="", author="", operation_id=operation.id, services={"web": version},
            extras="", notes="",
        )  # fmt: skip
        return operation

    operation = await store.write(add)

    async def ended() -> Operation | None:
        found = await store.read(lambda records: records.operations.by_id(operation.id))
        return found if found.state.ended else None

    await eventually(ended)
    found = await ended()
    assert found is not None
    assert (found.state, "is kept no more" in found.error) == (OperationState.FAILED, True)
    assert not running.done()
