"""Old config over a cluster in memory: who keeps it, and when it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import msgspec
import pytest

from cantata.actions.card_desk import CardDesk
from cantata.actions.ports import Ports
from cantata.actions.streams import Streams
from cantata.core.model.applications import Application, ObjectRecord, OperationState, ServiceVersion, Verb
from cantata.core.model.charts import Capabilities, Release, RenderInputs
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import GVK, LiveObject, Manifest, ObjectKey
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession, Records
from cantata.reconcile.collect import Collector
from cantata.reconcile.lease import ClusterLease
from cantata.reconcile.live import Live
from cantata.reconcile.operations import Operations
from cantata.store import SqlStore

GRACE, LONG, DEADLINE = 600.0, 60.0, 10.0
OLD, NEW = "shop-web-config-old", "shop-web-config-new"


class Unreadable(CantataError):
    category = Category.FORBIDDEN


class OneCluster:
    def __init__(self, cluster: Any) -> None:
        self._session = ClusterSession("uid-1", cluster.port)

    async def get(self, project: str, name: str) -> ClusterSession:  # noqa: ARG002
        return self._session


class Stage:
    """An application that wants `NEW` and has `OLD` from before, in a world whose clock a test moves."""

    def __init__(self, cluster: Any, store: SqlStore, application: Application) -> None:
        self.cluster, self.store, self.application = cluster, store, application
        self.now = 0.0
        self.live = Live()
        nothing: Any = None
        woken = asyncio.Event()
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
            wake=woken.set,
            call_came=lambda: None,
        )
        self.operations = Operations(
            self._ports, woken, holder="here", lease_seconds=LONG, progress_deadline=LONG, together=9
        )
        self.collector = Collector(self._ports, self.operations, grace=GRACE, clock=lambda: self.now)

    async def open(self) -> None:
        self.new, self.old = self.config(NEW), self.config(OLD)
        records = [self.record(self.new), self.record(self.old)]
        await self.store.write(lambda store: self._deployed(store, records))

    def _deployed(self, records: Records, inventory: list[ObjectRecord]) -> None:
        wanted = msgspec.json.encode([self.manifest("ConfigMap", NEW)])
        render = RenderInputs("sha256:1", Release("shop", "shop"), Capabilities("v1.36.3"))
        inputs = records.blobs.put_sealed(msgspec.json.encode(RecordedInputs(render)))
        version = ServiceVersion("web", 1, (), "v4", inputs, records.blobs.put_sealed(wanted), "", 1)
        records.revisions.add(
            self.application.id, cause="", author="ann", operation_id="", services={"web": version},
            extras="", notes="",
        )  # fmt: skip
        records.inventory.put(self.application.id, inventory)

    def manifest(self, kind: str, name: str, *, labelled: bool = True, **more: Any) -> Manifest:
        labels = {APPLICATION: self.application.id} if labelled else {}
        metadata = {"name": name, "namespace": "shop", "labels": labels}
        return {"apiVersion": GROUPS.get(kind, "v1"), "kind": kind, "metadata": metadata, **more}

    def config(self, name: str) -> LiveObject:
        made: LiveObject = self.cluster.put(self.manifest("ConfigMap", name))
        return made

    def record(self, live: LiveObject, **more: Any) -> ObjectRecord:
        return ObjectRecord(live.key, live.gvk, "web", uid=live.metadata.uid, desired="d", **more)

    async def look(self, *, after: float = 0.0) -> None:
        self.now += after
        async with asyncio.timeout(DEADLINE):
            await self.collector.look()

    async def looked_twice(self) -> None:
        await self.look()
        await self.look(after=GRACE)

    async def inventory(self) -> set[str]:
        return {
            record.key.name
            for record in await self.store.read(lambda records: records.inventory.list(self.application.id))
        }

    @property
    def there(self) -> set[str]:
        return {key.name for key in self.cluster.objects if key.kind == "ConfigMap"}


@pytest.fixture
async def stage(cluster: Any, store: SqlStore, shop: Application) -> AsyncIterator[Stage]:
    opened = Stage(cluster, store, shop)
    await opened.open()
    yield opened
    await opened.live.close()


GROUPS = {
    "ReplicaSet": "apps/v1", "ControllerRevision": "apps/v1", "Deployment": "apps/v1",
    "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1",
}  # fmt: skip
POD = {"containers": [{"name": "a", "env": [{"valueFrom": {"configMapKeyRef": {"name": OLD, "key": "a"}}}]}]}
TEMPLATE = {"template": {"spec": POD}}
NAMING: dict[str, dict[str, Any]] = {
    **{kind: {"spec": TEMPLATE} for kind in ("ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job")},
    "ReplicationController": {"spec": TEMPLATE},
    "Pod": {"spec": POD},
    "ControllerRevision": {"data": {"spec": TEMPLATE}},
    "CronJob": {"spec": {"jobTemplate": {"spec": TEMPLATE}}},
}


async def test_what_nobody_names_goes_after_the_grace_time_and_is_told(stage: Stage) -> None:
    await stage.look()
    await stage.look(after=GRACE - 1)
    assert stage.there == {OLD, NEW}
    await stage.look(after=1)
    assert stage.there == await stage.inventory() == {NEW}
    events = await stage.store.read(lambda records: records.events.since("default", 0))
    assert [(event.type, event.data) for event in events] == [
        ("collected", {"service": "web", "object": f"ConfigMap shop/{OLD}"})
    ]


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("kind", NAMING)
async def test_whoever_has_it_in_a_pod_template_keeps_it(stage: Stage, kind: str, labelled: bool) -> None:
    holder = stage.cluster.put(stage.manifest(kind, "holder", labelled=labelled, **NAMING[kind]))
    await stage.looked_twice()
    assert stage.there == await stage.inventory() == {OLD, NEW}
    stage.cluster.remove(holder.key)
    await stage.looked_twice()
    assert stage.there == {NEW}


async def test_named_once_more_the_grace_time_begins_anew(stage: Stage) -> None:
    await stage.look()
    pod = stage.cluster.put(stage.manifest("Pod", "holder", **NAMING["Pod"]))
    await stage.look(after=GRACE - 1)
    stage.cluster.remove(pod.key)
    await stage.look(after=1)
    await stage.look(after=GRACE - 1)
    assert OLD in stage.there
    await stage.look(after=1)
    assert OLD not in stage.there


@pytest.mark.parametrize("kind", NAMING)
async def test_a_list_that_fails_deletes_nothing(stage: Stage, kind: str) -> None:
    stage.cluster.refusals[kind] = Unreadable(f"{kind}s may not be listed")
    await stage.looked_twice()
    assert stage.there == {OLD, NEW}
    del stage.cluster.refusals[kind]
    await stage.look()
    assert OLD in stage.there, "the time begins anew"
    await stage.look(after=GRACE)
    assert OLD not in stage.there


async def test_a_copy_that_may_be_stale_counts_for_nothing(stage: Stage) -> None:
    await stage.look()
    stage.cluster.informer("Pod").broken = True
    await stage.look(after=GRACE)
    assert OLD in stage.there
    stage.cluster.informer("Pod").broken = False
    await stage.look()
    assert OLD in stage.there


@pytest.mark.parametrize("state", [OperationState.QUEUED, OperationState.RUNNING])
async def test_an_operation_of_the_application_holds_it_up(stage: Stage, state: OperationState) -> None:
    def begin(records: Records) -> str:
        made = records.operations.add(
            stage.application, verb=Verb.DEPLOY, services=(), author="ann", cause="", plan="", revision=1
        )
        records.operations.move(made.id, state)
        return made.id

    await stage.look()
    operation = await stage.store.write(begin)
    await stage.look(after=GRACE)
    assert OLD in stage.there
    await stage.store.write(lambda records: records.operations.move(operation, OperationState.SUCCEEDED))
    await stage.looked_twice()
    assert OLD not in stage.there


async def test_another_server_has_the_lease(stage: Stage) -> None:
    other = ClusterLease(stage.store, "uid-1", "other", LONG)
    assert await other.acquire()
    await stage.looked_twice()
    assert stage.there == {OLD, NEW}


async def test_an_object_of_another_uid_is_left_and_only_forgotten(stage: Stage) -> None:
    stage.cluster.remove(stage.old.key)
    stage.config(OLD)
    await stage.looked_twice()
    assert stage.there == {OLD, NEW}
    assert await stage.inventory() == {NEW}


async def test_what_is_no_old_config_is_never_touched(stage: Stage) -> None:
    names = ("hook", "keep", "attempted")
    hook, keep, attempted = map(stage.config, names)
    records = [
        stage.record(hook, hook=True),
        stage.record(keep, keep=True),
        msgspec.structs.replace(stage.record(attempted), uid=""),
        ObjectRecord(ObjectKey("", "Service", "shop", "old"), GVK("", "v1", "Service"), "web", uid="u"),
    ]
    await stage.store.write(lambda store: store.inventory.put(stage.application.id, records))
    await stage.looked_twice()
    assert stage.there == {NEW, *names}
    assert await stage.inventory() == {NEW, "old", *names}


async def test_no_operation_begins_while_an_application_is_held(stage: Stage, eventually: Any) -> None:
    running = asyncio.create_task(stage.operations.run())
    with stage.operations.hold(stage.application.id) as free:
        assert free
        with stage.operations.hold(stage.application.id) as again:
            assert not again
        operation = await stage.store.write(
            lambda records: records.operations.add(
                stage.application, verb=Verb.DELETE, services=(), author="ann", cause="", plan="", revision=0
            )
        )
        await stage.operations._look()
        assert (await state_of(stage, operation.id)) is OperationState.QUEUED

    async def ended() -> bool:
        return (await state_of(stage, operation.id)).ended

    await eventually(ended)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def state_of(stage: Stage, operation: str) -> OperationState:
    return (await stage.store.read(lambda records: records.operations.by_id(operation))).state
