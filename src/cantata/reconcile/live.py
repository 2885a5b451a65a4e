"""Live objects by application: one informer per cluster and kind in use, selected by our label."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from cantata.core.health.table import observe_health
from cantata.core.model.objects import LiveObject, ObjectKey, Resource
from cantata.core.model.states import HealthState
from cantata.core.plan import HISTORY
from cantata.core.plan.claims import STATEFUL_SET
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError, Category
from cantata.ports import Change, Changes, Cluster, ClusterSession, Informer
from cantata.reconcile.claims import StatefulClaims
from cantata.reconcile.warnings import BOUNDS, Bounds, WarningEvents

log = logging.getLogger(__name__)

Kind = tuple[str, str]
"""Group and kind."""

ALWAYS: tuple[Kind, ...] = HISTORY
"""Kinds that controllers make for us: they carry our label from the pod templates."""

JOB: Kind = ("batch", "Job")
METADATA_ONLY = frozenset({("", "Secret")})


DOUBT_SECONDS = 10.0
"""How long a copy that was made anew is not doubted again."""


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
        self.kinds: set[Kind] = set(ALWAYS)
        self._objects: dict[ObjectKey, LiveObject] = {}
        self._keys: dict[str, ObjectKey] = {}
        self._owned: dict[str, dict[str, LiveObject]] = {}
        self._ended: dict[ObjectKey, LiveObject] = {}
        self._bells: set[Bell] = set()

    @property
    def synced(self) -> bool:
        """A kind that only another application uses, and that cannot be read, does no harm here."""
        return self._cluster.synced(self.kinds)

    async def wait_synced(self) -> None:
        while not self.synced:
            await self._cluster.wait_synced(self.kinds)

    def find(self, key: ObjectKey) -> LiveObject | None:
        return self._objects.get(key)

    def objects(self, kinds: Collection[Kind]) -> Sequence[LiveObject]:
        return [live for key, live in self._objects.items() if (key.group, key.kind) in kinds]

    @property
    def unseen(self) -> tuple[str, ...]:
        """What of this application cannot be seen, and why: a sentence each."""
        return self._cluster.unseen({key.namespace for key in self._objects})

    def family(self, keys: Iterable[ObjectKey]) -> Sequence[LiveObject]:
        there = (self._objects.get(key) or self._ended.get(key) for key in keys)
        found = {item.metadata.uid: item for item in there if item is not None}
        ahead = list(found)
        for uid in ahead:
            for child, item in self._owned.get(uid, {}).items():
                # Owner references are written by anybody: they may go in a circle.
                if child not in found:
                    found[child] = item
                    ahead.append(child)
        for claim in self._cluster.claims_of(tuple(found.values())):
            found.setdefault(claim.metadata.uid, claim)
        return (*found.values(), *self._cluster.warnings.of(found))

    def doubt(self, kind: Kind) -> None:
        self._cluster.doubt(kind)

    @contextmanager
    def changes(self) -> Iterator[Changes]:
        bell = Bell()
        self._bells.add(bell)
        try:
            yield bell
        finally:
            self._bells.discard(bell)

    def heard(self, change: Change, live: LiveObject) -> None:
        known = self._objects.get(live.key)
        if change is not Change.DELETED:
            if known is not None:
                self._drop(known)
            self._add(live)
        elif known is not None and known.metadata.uid == live.metadata.uid:
            self._drop(known)
            self._note_end(live)
        self._ring(live)

    def ring(self, key: ObjectKey) -> None:
        """Something was told about this object."""
        live = self._objects.get(key)
        if live is not None:
            self._ring(live)

    def _ring(self, live: LiveObject) -> None:
        if self._bells:
            root = self._root(live)
            for bell in self._bells:
                bell.ring(root)

    def _note_end(self, live: LiveObject) -> None:
        """How a Job ended must not be missed when its time to live is short. The Jobs of a CronJob come and
        go without end, and nobody waits for them."""
        if (live.gvk.group, live.gvk.kind) != JOB or live.metadata.owner_references:
            return
        health = observe_health(live)
        if health.completed or health.state is HealthState.FAILED:
            self._ended[live.key] = live

    def _add(self, live: LiveObject) -> None:
        self._ended.pop(live.key, None)
        self._objects[live.key] = live
        self._keys[live.metadata.uid] = live.key
        for owner in live.metadata.owner_references:
            self._owned.setdefault(owner.uid, {})[live.metadata.uid] = live

    def _drop(self, live: LiveObject) -> None:
        del self._objects[live.key]
        self._keys.pop(live.metadata.uid, None)
        for owner in live.metadata.owner_references:
            owned = self._owned.get(owner.uid, {})
            owned.pop(live.metadata.uid, None)
            if not owned:
                self._owned.pop(owner.uid, None)

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

    def __init__(self, cluster: Cluster, bounds: Bounds = BOUNDS) -> None:
        self._cluster = cluster
        self._informers: dict[Kind, Informer] = {}
        self._starting: dict[Kind, asyncio.Task[None]] = {}
        self._doubted: dict[Kind, float] = {}
        self._applications: dict[str, ApplicationObjects] = {}
        self._homes: dict[ObjectKey, str] = {}
        self.warnings = WarningEvents(cluster, self._told, bounds)
        self._claims = StatefulClaims(cluster, self._told)

    def synced(self, kinds: Iterable[Kind]) -> bool:
        return all(self._informers[kind].synced for kind in kinds if kind in self._informers)

    async def wait_synced(self, kinds: Iterable[Kind]) -> None:
        stale = [each for kind in kinds if (each := self._informers.get(kind)) and not each.synced]
        await asyncio.gather(*(informer.wait_synced() for informer in stale))

    def doubt(self, kind: Kind) -> None:
        informer, now = self._informers.get(kind), time.monotonic()
        if informer is None or now - self._doubted.get(kind, -DOUBT_SECONDS) < DOUBT_SECONDS:
            return
        self._doubted[kind] = now
        log.warning("%s of %s are listed anew: a change was not told", kind[1], self._cluster.server)
        informer.doubt()

    def application(self, application_id: str) -> ApplicationObjects:
        found = self._applications.get(application_id)
        if found is None:
            found = self._applications[application_id] = ApplicationObjects(self)
        return found

    async def ensure(self, kinds: Iterable[Kind]) -> None:
        """Starts the informers that are missing and waits until all of them have synced. Who waits no longer
        does not stop them: the next one finds them further on."""
        wanted = {*kinds, *ALWAYS}
        known = {kind: self._informers[kind] for kind in wanted if kind in self._informers}
        await asyncio.gather(
            *(asyncio.shield(self._start(kind)) for kind in wanted - known.keys()),
            *(self._replace(kind, old) for kind, old in known.items() if not old.synced),
        )

    def _start(self, kind: Kind) -> asyncio.Task[None]:
        task = self._starting.get(kind)
        if task is None:
            task = self._starting[kind] = asyncio.create_task(self._sync(kind))
            task.add_done_callback(lambda ended: self._started(kind, ended))
        return task

    def _started(self, kind: Kind, task: asyncio.Task[None]) -> None:
        del self._starting[kind]
        if not task.cancelled():
            task.exception()  # Whoever still waits gets it too; when nobody does, it is no news.

    async def _sync(self, kind: Kind) -> None:
        resource = await self._find_resource(kind)
        if resource is None:
            return
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

    async def _find_resource(self, kind: Kind) -> Resource | None:
        try:
            return await self._cluster.resource(*kind)
        except CantataError as error:
            if error.category is Category.NOT_FOUND:
                return None
            raise

    async def _replace(self, kind: Kind, old: Informer) -> None:
        """An informer whose endpoint is gone is never current again: its definition was deleted, or serves
        another version now. What it held has gone as well then, unless its successor has it."""
        if not await _lost_its_endpoint(old):
            return
        await self._cluster.refresh_discovery()
        if await self._find_resource(kind) == old.resource:
            return
        await asyncio.shield(self._start(kind))
        successor = self._informers.get(kind)
        if successor is old:
            successor = None
            del self._informers[kind]
        await old.close()
        for live in old.objects():
            if successor is None or successor.find(live.key) is None:
                self._heard(Change.DELETED, live)

    def _heard(self, change: Change, live: LiveObject) -> None:
        """Informers select by the key of our label, so an object that changes hands is told as modified."""
        before = self._homes.pop(live.key, "")
        now = live.metadata.labels.get(APPLICATION, "")
        here = bool(now) and change is not Change.DELETED
        if here and not before:
            self.warnings.use(live.metadata.namespace)
        if (live.gvk.group, live.gvk.kind) == STATEFUL_SET:
            self._claims.see(live) if here else self._claims.leave(live.key)
        if before and before != now:
            self.application(before).heard(Change.DELETED, live)
        if now:
            self.application(now).heard(change, live)
            if change is not Change.DELETED:
                self._homes[live.key] = now
        if before and not here:
            self.warnings.leave(live.metadata.namespace)

    def _told(self, key: ObjectKey) -> None:
        """Something that is not ours itself says something about an object."""
        if key not in self._homes and key.kind == "PersistentVolumeClaim":
            key = self._claims.owner(key) or key
        home = self._homes.get(key)
        if home is not None:
            self.application(home).ring(key)

    def claims_of(self, found: Iterable[LiveObject]) -> Iterator[LiveObject]:
        for live in found:
            if (live.gvk.group, live.gvk.kind) == STATEFUL_SET:
                yield from self._claims.of(live.key)

    def unseen(self, namespaces: Iterable[str]) -> tuple[str, ...]:
        told = (self.warnings.trouble(namespace) for namespace in sorted(namespaces))
        return tuple(f"warning events are not seen: {why}" for why in told if why)

    async def close(self) -> None:
        starting = [*self._starting.values()]
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        await asyncio.gather(*(informer.close() for informer in self._informers.values()))
        await asyncio.gather(self.warnings.close(), self._claims.close())


async def _lost_its_endpoint(informer: Informer) -> bool:
    """By its own word, without waiting."""
    try:
        async with asyncio.timeout(0):
            await informer.wait_synced()
    except TimeoutError:
        return False
    except CantataError as error:
        return error.category is Category.NOT_FOUND
    return False


class Live:
    """`LiveState` over all clusters. By client, not by UID: two registrations of one cluster may see
    different things, and one of them may end."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._bounds = bounds
        self._clusters: dict[Cluster, ClusterObjects] = {}

    async def observe(
        self, session: ClusterSession, application_id: str, kinds: Iterable[Kind]
    ) -> ApplicationObjects:
        objects = self._clusters.get(session.cluster)
        if objects is None:
            objects = self._clusters[session.cluster] = ClusterObjects(session.cluster, self._bounds)
        wanted = set(kinds)
        await objects.ensure(wanted)
        application = objects.application(application_id)
        application.kinds |= wanted
        return application

    async def forget(self, session: ClusterSession) -> None:
        objects = self._clusters.pop(session.cluster, None)
        if objects is not None:
            await objects.close()

    async def close(self) -> None:
        while self._clusters:
            _, objects = self._clusters.popitem()
            await objects.close()
