"""Live objects by application: one informer per cluster and kind in use, selected by our label."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from cantata.core.model.objects import LiveObject, ObjectKey
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError, Category
from cantata.ports import Change, Changes, Cluster, ClusterSession, Informer

ALWAYS = (("", "Pod"), ("apps", "ReplicaSet"), ("batch", "Job"))
"""Kinds that controllers make for us: they carry our label from the pod templates."""

METADATA_ONLY = frozenset({("", "Secret")})


class Bell:
    """Collects the keys that changed until somebody asks."""

    def __init__(self) -> None:
        self._changed: set[ObjectKey] = set()
        self._rung = asyncio.Event()

    def ring(self, key: ObjectKey | None = None) -> None:
        if key is not None:
            self._changed.add(key)
        self._rung.set()

    async def wait(self, seconds: float) -> set[ObjectKey]:
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return set()
        self._rung.clear()
        changed, self._changed = self._changed, set()
        return changed


class ApplicationObjects:
    """The live objects of one application, by key and by owner."""

    def __init__(self, cluster: ClusterObjects) -> None:
        self._cluster = cluster
        self._objects: dict[ObjectKey, LiveObject] = {}
        self._keys: dict[str, ObjectKey] = {}
        self._owned: dict[str, dict[str, LiveObject]] = {}
        self._bells: set[Bell] = set()

    @property
    def synced(self) -> bool:
        return self._cluster.synced

    def find(self, key: ObjectKey) -> LiveObject | None:
        return self._objects.get(key)

    def family(self, keys: Iterable[ObjectKey]) -> Sequence[LiveObject]:
        found = [item for key in keys if (item := self._objects.get(key)) is not None]
        for item in found:
            found.extend(self._owned.get(item.metadata.uid, {}).values())
        return found

    @contextmanager
    def changes(self) -> Iterator[Changes]:
        bell = Bell()
        self._bells.add(bell)
        try:
            yield bell
        finally:
            self._bells.discard(bell)

    def heard(self, change: Change, live: LiveObject) -> None:
        uid = live.metadata.uid
        if change is Change.DELETED:
            self._objects.pop(live.key, None)
            self._keys.pop(uid, None)
        else:
            self._objects[live.key] = live
            self._keys[uid] = live.key
        for owner in live.metadata.owner_references:
            owned = self._owned.setdefault(owner.uid, {})
            if change is Change.DELETED:
                owned.pop(uid, None)
                if not owned:
                    del self._owned[owner.uid]
            else:
                owned[uid] = live
        root = self._root(live)
        for bell in self._bells:
            bell.ring(root)

    def _root(self, live: LiveObject) -> ObjectKey:
        """The object that nobody in sight owns: a pod's ReplicaSet's Deployment."""
        for _ in range(5):
            owners = [self._keys.get(owner.uid) for owner in live.metadata.owner_references]
            above = next((self._objects[key] for key in owners if key in self._objects), None)
            if above is None:
                break
            live = above
        return live.key


class ClusterObjects:
    """The informers of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._informers: dict[tuple[str, str], Informer] = {}
        self._starting: dict[tuple[str, str], asyncio.Lock] = {}
        self._applications: dict[str, ApplicationObjects] = {}

    @property
    def synced(self) -> bool:
        return all(informer.synced for informer in self._informers.values())

    def application(self, application_id: str) -> ApplicationObjects:
        found = self._applications.get(application_id)
        if found is None:
            found = self._applications[application_id] = ApplicationObjects(self)
        return found

    async def ensure(self, kinds: Iterable[tuple[str, str]]) -> None:
        """Starts the informers that are missing and waits until all of them have synced."""
        missing = [kind for kind in {*kinds, *ALWAYS} if kind not in self._informers]
        await asyncio.gather(*(self._start(kind) for kind in missing))

    async def _start(self, kind: tuple[str, str]) -> None:
        async with self._starting.setdefault(kind, asyncio.Lock()):
            if kind in self._informers:
                return
            try:
                resource = await self._cluster.resource(*kind)
            except CantataError as error:
                if error.category is Category.NOT_FOUND:
                    return
                raise
            informer = self._cluster.inform(
                resource,
                label_selector=APPLICATION,
                metadata_only=kind in METADATA_ONLY,
                listener=self._heard,
            )
            try:
                await informer.wait_synced()
            except BaseException:
                await informer.close()
                raise
            self._informers[kind] = informer

    def _heard(self, change: Change, live: LiveObject) -> None:
        application_id = live.metadata.labels.get(APPLICATION)
        if application_id:
            self.application(application_id).heard(change, live)

    async def close(self) -> None:
        await asyncio.gather(*(informer.close() for informer in self._informers.values()))


class Live:
    """`LiveState` over all clusters, by their UIDs."""

    def __init__(self) -> None:
        self._clusters: dict[str, ClusterObjects] = {}

    async def observe(
        self, session: ClusterSession, application_id: str, kinds: Iterable[tuple[str, str]]
    ) -> ApplicationObjects:
        objects = self._clusters.get(session.uid)
        if objects is None:
            objects = self._clusters[session.uid] = ClusterObjects(session.cluster)
        await objects.ensure(kinds)
        return objects.application(application_id)

    async def close(self) -> None:
        while self._clusters:
            _, objects = self._clusters.popitem()
            await objects.close()
