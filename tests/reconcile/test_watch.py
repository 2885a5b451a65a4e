"""The frame of the loops that watch: when it looks, over a cluster in memory and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import msgspec
import pytest

from cantata.actions.card_desk import CardDesk
from cantata.actions.ports import Ports
from cantata.actions.streams import Streams
from cantata.core.model.applications import Application, ObjectRecord, OperationState, Verb
from cantata.core.model.objects import LiveObject
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError
from cantata.kube.errors import ClusterUnreachable
from cantata.ports import ClusterSession, Records
from cantata.reconcile.lease import ClusterLease
from cantata.reconcile.live import Live
from cantata.reconcile.operations import Operations
from cantata.reconcile.watch import Look, Seen, WatchLoop
from cantata.store import SqlStore

DEADLINE, LEASE = 20.0, 60.0


class OneCluster:
    def __init__(self, cluster: Any) -> None:
        self._session = ClusterSession("uid-1", cluster.port)

    async def get(self, project: str, name: str) -> ClusterSession:  # noqa: ARG002
        return self._session


class Watching:
    """An application with one ConfigMap, and the looks at it. Each is kept; `answers` are those of the next
    looks, `True` where there are none left."""

    def __init__(self, cluster: Any, store: SqlStore, application: Application) -> None:
        self.cluster, self.store, self.application = cluster, store, application
        self.looks: list[Seen] = []
        self.others: list[Seen] = []
        self._came = asyncio.Event()
        self.answers: list[bool | CantataError] = []
        self.woken, self.live = asyncio.Event(), Live()
        nothing: Any = None
        self._ports = Ports(
            store=store,
            renderer=nothing,
            clusters=cast(Any, OneCluster(cluster)),
            live=self.live,
            documents=nothing,
            reads=nothing,
            charts=nothing,
            cards=CardDesk(),
            streams=Streams(store),
            wake=self.woken.set,
            call_came=lambda: None,
        )
        self.operations = Operations(
            self._ports,
            asyncio.Event(),
            holder="here",
            lease_seconds=LEASE,
            progress_deadline=LEASE,
            together=9,
        )

    async def look(self, seen: Seen) -> bool:
        self.looks.append(seen)
        self._came.set()
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, CantataError):
            raise answer
        return answer

    async def other(self, seen: Seen) -> bool:
        self.others.append(seen)
        return True

    def loop(self) -> WatchLoop:
        makers: tuple[Callable[[], Look], ...] = (lambda: self.look, lambda: self.other)
        return WatchLoop(self._ports, self.operations, self.woken, makers, lease_seconds=LEASE)

    def change(self) -> LiveObject:
        """Somebody changes the ConfigMap."""
        labels = {APPLICATION: self.application.id}
        metadata = {"name": "words", "namespace": "shop", "labels": labels}
        made: LiveObject = self.cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        return made

    async def deployed(self) -> None:
        made = self.change()
        record = ObjectRecord(made.key, made.gvk, "web", uid=made.metadata.uid, desired="d")

        def write(records: Records) -> None:
            records.revisions.add(
                self.application.id, cause="", author="", operation_id="", services={}, extras="", notes=""
            )
            records.inventory.put(self.application.id, [record])

        await self.store.write(write)

    async def looked(self, times: int) -> None:
        async with asyncio.timeout(DEADLINE):
            while len(self.looks) < times:
                self._came.clear()
                await self._came.wait()

    async def submit(self) -> str:
        operation = await self.store.write(
            lambda records: records.operations.add(
                self.application, verb=Verb.REVERT, services=(), author="", cause="", plan="", revision=0
            )
        )
        self.woken.set()
        return operation.id

    async def end(self, operation: str) -> None:
        await self.store.write(lambda records: records.operations.move(operation, OperationState.SUCCEEDED))
        self.woken.set()


@pytest.fixture
async def watching(cluster: Any, store: SqlStore, shop: Application) -> AsyncIterator[Watching]:
    opened = Watching(cluster, store, shop)
    await opened.deployed()
    task = asyncio.create_task(opened.loop().run())
    yield opened
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await opened.live.close()


async def test_a_change_is_looked_at_with_what_is_known(watching: Watching) -> None:
    await watching.looked(1)
    changed = watching.change()
    await watching.looked(2)
    seen = watching.looks[-1]
    assert seen.live.find(changed.key) == changed
    assert [record.key for record in seen.known.inventory] == [changed.key]
    assert len(watching.others) == 2


async def test_nobody_looks_while_an_operation_is_under_way_and_once_after_it(watching: Watching) -> None:
    await watching.looked(1)
    operation = await watching.submit()
    watching.change()
    await watching.end(operation)
    await watching.looked(2)
    seen = watching.looks[-1].known.operation
    assert seen is not None
    assert seen.state is OperationState.SUCCEEDED
    assert len(watching.looks) == 2


async def test_an_operation_that_changed_nothing_alive_is_followed_by_a_look(watching: Watching) -> None:
    await watching.looked(1)
    await watching.end(await watching.submit())
    await watching.looked(2)


async def test_an_edit_is_followed_by_a_look(watching: Watching) -> None:
    await watching.looked(1)
    edited = msgspec.structs.replace(watching.application, drift_except=("spec.replicas",))
    await watching.store.write(lambda records: records.applications.update(edited))
    watching.woken.set()
    await watching.looked(2)
    assert watching.looks[-1].known.application.drift_except == ("spec.replicas",)


async def test_a_copy_that_is_current_again_is_looked_at_though_nothing_changed(watching: Watching) -> None:
    await watching.looked(1)
    informer = watching.cluster.informer("ConfigMap")
    gate = asyncio.Event()
    watching.cluster.silent["", "ConfigMap"] = gate
    informer.broken = True
    watching.change()
    async with asyncio.timeout(DEADLINE):
        await watching.cluster.watched.wait()
    assert len(watching.looks) == 1
    informer.broken = False
    del watching.cluster.silent["", "ConfigMap"]
    gate.set()
    await watching.looked(2)


@pytest.mark.parametrize("answer", [False, ClusterUnreachable("no way there")], ids=str)
async def test_a_look_that_came_to_nothing_is_taken_again(
    watching: Watching, answer: bool | CantataError
) -> None:
    await watching.looked(1)
    watching.answers.append(answer)
    watching.change()
    await watching.looked(3)
    assert len(watching.others) == 3


async def test_what_another_server_had_is_looked_at_when_it_is_ours(
    cluster: Any, store: SqlStore, shop: Application
) -> None:
    watching = Watching(cluster, store, shop)
    await watching.deployed()
    other = ClusterLease(store, "uid-1", "there", LEASE)
    assert await other.acquire()
    task = asyncio.create_task(watching.loop().run())
    try:
        assert await watching.operations.grant(ClusterSession("uid-1", cluster.port)) is None
        await other.release()
        await watching.looked(1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await watching.live.close()
