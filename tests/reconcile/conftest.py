"""A real store on SQLite, and a cluster in memory behind the port."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from tests.reconcile.rollouts import LONG, Stage

from cantata.core.model.access import Cluster as ClusterRow
from cantata.core.model.applications import Application, Operation, Verb
from cantata.core.model.charts import LoadedChart
from cantata.core.model.objects import GVK, LiveObject, Manifest, Metadata, ObjectKey, Resource
from cantata.core.model.templates import TemplateSpec
from cantata.errors import CantataError
from cantata.ports import Applied, Change, Cluster, KindNotServed, Listener, Records
from cantata.store import SqlStore, StoreKey, open_store

MakeApplication = Callable[[str], Awaitable[Application]]
CLUSTER_SCOPED = frozenset({"Namespace", "CustomResourceDefinition"})


class MemoryInformer:
    """Tells what the cluster does at once; `broken` while it cannot be trusted. After `fail` it keeps what it
    had, as an informer does whose watch is refused."""

    def __init__(
        self, cluster: MemoryCluster, resource: Resource, listener: Listener | None, namespace: str = ""
    ) -> None:
        self._cluster = cluster
        self.namespace = namespace
        self.resource = resource
        self.listener = listener
        self.broken = False
        self.failure: CantataError | None = None
        self._kept: dict[ObjectKey, LiveObject] = {}
        self.closed = False

    @property
    def synced(self) -> bool:
        return not self.broken and not self.closed and self.failure is None

    def fail(self, error: CantataError) -> None:
        self._kept = {live.key: live for live in self.objects()}
        self.failure = error

    async def wait_synced(self) -> None:
        if self.failure is not None:
            raise self.failure
        kind = (self.resource.gvk.group, self.resource.gvk.kind)
        if (error := self._cluster.hidden.get((kind[1], self.namespace))) is not None:
            raise error
        if kind in self._cluster.silent:
            self._cluster.watched.set()
        while kind in self._cluster.silent:
            await self._cluster.spoke(kind)
        for live in self.objects():
            if self.listener is not None:
                self.listener(Change.ADDED, live)

    def find(self, key: ObjectKey) -> LiveObject | None:
        return (self._kept if self.failure else self._cluster.objects).get(key)

    def objects(self) -> Iterable[LiveObject]:
        gvk = self.resource.gvk
        found = (self._kept if self.failure else self._cluster.objects).items()
        same = [live for key, live in found if (key.group, key.kind) == (gvk.group, gvk.kind)]
        return [live for live in same if self.namespace in ("", live.metadata.namespace)]

    async def close(self) -> None:
        self.closed = True


class MemoryCluster:
    """Keeps what is applied and tells the informers. `refusals` are the errors of applies, by name, and of
    lists, by kind, those in `hidden` of informers, by kind and namespace; `asked` counts the questions to
    discovery, `trouble` is what it says when the API server is out of reach."""

    def __init__(self) -> None:
        self.objects: dict[ObjectKey, LiveObject] = {}
        self.informers: list[MemoryInformer] = []
        self.refusals: dict[str, BaseException] = {}
        self.hidden: dict[tuple[str, str], CantataError] = {}
        self.unserved: set[tuple[str, str]] = set()
        self.preferred: dict[tuple[str, str], str] = {}
        self.silent: dict[tuple[str, str], Any] = {}
        self.applied: list[str] = []
        self.read: list[str] = []
        self.asked: Counter[tuple[str, str]] = Counter()
        self.trouble: CantataError | None = None
        self.watched = asyncio.Event()
        self._numbers = itertools.count(1)

    @property
    def port(self) -> Cluster:
        return cast(Cluster, self)

    async def spoke(self, kind: tuple[str, str]) -> None:
        await self.silent[kind].wait()

    async def refresh_discovery(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    async def resource(self, group: str, kind: str, version: str = "") -> Resource:
        self.asked[group, kind] += 1
        if self.trouble is not None:
            raise self.trouble
        if (group, kind) in self.unserved:
            raise KindNotServed(f"no {kind}")
        preferred = self.preferred.get((group, kind), "v1")
        return Resource(
            GVK(group, version or preferred, kind), f"{kind.lower()}s", kind not in CLUSTER_SCOPED
        )

    def inform(
        self, resource: Resource, *, listener: Listener | None = None, namespace: str = "", **_: object
    ) -> MemoryInformer:
        informer = MemoryInformer(self, resource, listener, namespace)
        self.informers.append(informer)
        return informer

    def informer(self, kind: str) -> MemoryInformer:
        return next(each for each in self.informers if each.resource.gvk.kind == kind)

    async def apply(self, manifest: Manifest, **_: object) -> Applied:
        if (error := self.refusals.get(manifest["metadata"]["name"])) is not None:
            raise error
        self.applied.append(manifest["metadata"]["name"])
        return Applied(self.put(manifest))

    async def find(self, gvk: GVK, namespace: str, name: str) -> LiveObject | None:
        self.read.append(name)
        return self.objects.get(ObjectKey(gvk.group, gvk.kind, namespace, name))

    async def list(self, gvk: GVK, *, namespace: str = "", **_: object) -> list[LiveObject]:
        if (error := self.refusals.get(gvk.kind)) is not None:
            raise error
        return [
            live
            for key, live in self.objects.items()
            if (key.group, key.kind, key.namespace) == (gvk.group, gvk.kind, namespace)
        ]

    async def delete(self, gvk: GVK, namespace: str, name: str, *, uid: str = "", **_: object) -> bool:
        key = ObjectKey(gvk.group, gvk.kind, namespace, name)
        live = self.objects.get(key)
        if live is None or uid not in ("", live.metadata.uid):
            return False
        if live.metadata.finalizers:
            self.put(live.manifest(), deletionTimestamp="2026-01-01T00:00:00Z")
        else:
            self.remove(key)
        return True

    def put(self, manifest: Manifest, **metadata: Any) -> LiveObject:
        """The object as others see it from now on: a new one, or the old one with what `manifest` says."""
        key = ObjectKey.of(manifest)
        known = self.objects.get(key)
        number = next(self._numbers)
        kept = json.loads(known.body) if known is not None else {"metadata": {"uid": f"uid-{number}"}}
        changed = manifest.get("spec") != kept.get("spec")
        generation = int(kept["metadata"].get("generation", 0)) + int(changed)
        own = {"resourceVersion": str(number), "generation": generation, **metadata}
        body = {**kept, **manifest, "metadata": {**kept["metadata"], **manifest["metadata"], **own}}
        live = as_live(body)
        self.objects[key] = live
        self._tell(Change.MODIFIED if known is not None else Change.ADDED, live)
        return live

    def remove(self, key: ObjectKey) -> None:
        self._tell(Change.DELETED, self.objects.pop(key))

    def _tell(self, change: Change, live: LiveObject) -> None:
        for informer in self.informers:
            same = (informer.resource.gvk.group, informer.resource.gvk.kind) == (
                live.gvk.group,
                live.gvk.kind,
            ) and informer.namespace in ("", live.metadata.namespace)
            if same and informer.listener is not None and not informer.closed and not informer.failure:
                informer.listener(change, live)


@pytest.fixture
def live_object() -> Callable[[Manifest], LiveObject]:
    return as_live


def as_live(body: Manifest) -> LiveObject:
    return LiveObject(GVK.of(body), msgspec.convert(body["metadata"], Metadata), msgspec.json.encode(body))


Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Asks again and again until the answer is yes, for ten seconds."""

    async def wait(condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(10):
            while True:
                if await condition():
                    return
                await asyncio.sleep(0.02)

    return wait


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StoreKey]:
    """An empty database and its key. To make the tables takes longer than most tests."""
    key, path = StoreKey.generate(), tmp_path_factory.mktemp("store") / "cantata.db"

    async def make() -> None:
        await (await open_store(f"sqlite:///{path}", key)).close()

    asyncio.run(make())
    return path, key


@pytest.fixture
async def store(migrated: tuple[Path, StoreKey], tmp_path: Path) -> AsyncIterator[SqlStore]:
    empty, key = migrated
    shutil.copy(empty, tmp_path / "cantata.db")
    opened = await open_store(f"sqlite:///{tmp_path}/cantata.db", key)
    yield opened
    await opened.close()


@pytest.fixture
async def make_application(store: SqlStore) -> MakeApplication:
    def nouns(records: Records) -> None:
        config = records.configs.create("default", "shop")
        records.configs.add_version(config, "{}\n", extends=None, author="ann", message="")
        template = records.templates.create("default", "shop", "")
        chart = LoadedChart(digest="sha256:1", name="shop", version="1.0.0", values={})
        records.templates.add_version(
            template, chart=chart, spec=TemplateSpec(), archive=b"tgz", origin="", author="ann"
        )
        credentials = records.blobs.put_sealed(b"{}")
        records.clusters.create(ClusterRow("", "default", "here", "uid-1", "v1", credentials, ""))

    await store.write(nouns)

    async def make(name: str) -> Application:
        wanted = Application("", "default", name, "shop", None, "shop", None, "here", name, name)
        return await store.write(lambda records: records.applications.create(wanted))

    return make


@pytest.fixture
async def shop(make_application: MakeApplication) -> Application:
    return await make_application("shop")


@pytest.fixture
async def operation(store: SqlStore, shop: Application) -> Operation:
    return await store.write(
        lambda records: records.operations.add(
            shop, verb=Verb.DEPLOY, services=(), author="ann", cause="", plan="", revision=0
        )
    )


@pytest.fixture
async def stage(
    cluster: MemoryCluster, store: SqlStore, shop: Application, operation: Operation
) -> AsyncIterator[Stage]:
    opened = Stage(cluster, store, shop, operation, LONG)
    await opened.open()
    yield opened
    await opened.close()
