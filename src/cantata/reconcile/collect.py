"""Deletes ConfigMaps and Secrets that a deploy kept for the past, once nobody names them any more.

The informers say what nobody has named for the grace time; then everything in the namespace that has a pod
template is listed anew and in full, and what is still unnamed is deleted by its UID: under the cluster's
lease, and while no operation of the application runs. A list that fails, a kind that may not be read, or a
cluster out of reach means that nothing is deleted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from cantata.actions.ports import Ports
from cantata.core.adjust import is_deployed
from cantata.core.model.applications import Application, ObjectRecord
from cantata.core.model.errors import SealedUnderLostKey
from cantata.core.model.events import EventType, about
from cantata.core.model.objects import LiveObject, Manifest, ObjectKey
from cantata.core.plan.collect import TEMPLATED, Waiting, is_mounted, kept_back
from cantata.core.plan.prune import named_by
from cantata.errors import CantataError
from cantata.ports import ClusterSession, LiveApplication, Page, Records
from cantata.reconcile.lease import Grant
from cantata.reconcile.operations import Operations

log = logging.getLogger(__name__)

EVERYTHING = Page(limit=10_000)
OBSERVE_SECONDS = 30.0
"""How long a look waits for a cluster that does not answer."""

LOOK_LEAST, LOOK_MOST = 0.25, 60.0
"""Seconds between looks: a quarter of the grace time, within these."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The objects of one application that its present services do not want."""

    application: Application
    records: tuple[ObjectRecord, ...]


class Collector:
    """The loop. `grace` is for how many seconds an object must have been without anybody who names it."""

    def __init__(
        self,
        ports: Ports,
        operations: Operations,
        *,
        grace: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ports = ports
        self._operations = operations
        self._pause = min(max(grace / 4, LOOK_LEAST), LOOK_MOST)
        self._clock = clock
        self._waiting = Waiting(grace)
        self._wanted: dict[str, frozenset[ObjectKey]] = {}
        self._told: dict[str, str] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except CantataError as error:
                log.warning("old config is looked for again in a moment: %s", error)
            await asyncio.sleep(self._pause)

    async def look(self) -> None:
        """Once over all applications. What goes wrong with one holds up no other."""
        found = await self._ports.store.read(self._read)
        self._waiting.only({kept.application.id for kept in found})
        for kept in found:
            try:
                await self._one(kept)
                self._told.pop(kept.application.id, None)
            except (CantataError, TimeoutError) as error:
                self._stays(kept.application, str(error) or "the cluster does not answer")
            except Exception:
                self._waiting.forget(kept.application.id)
                log.exception("collecting for application %s ended with a defect", kept.application.name)

    def _stays(self, application: Application, why: str) -> None:
        """Waits anew, and tells each reason once."""
        self._waiting.forget(application.id)
        if self._told.get(application.id) != why:
            self._told[application.id] = why
            log.warning("old config of application %s stays for now: %s", application.name, why)

    def _read(self, records: Records) -> list[Kept]:
        seen: dict[str, frozenset[ObjectKey]] = {}
        found = []
        busy = _busy(records)
        for application in records.applications.list(page=EVERYTHING):
            kept = self._kept(records, application, seen) if application.id not in busy else ()
            if kept:
                found.append(Kept(application, kept))
        self._wanted = seen
        return found

    def _kept(
        self, records: Records, application: Application, seen: dict[str, frozenset[ObjectKey]]
    ) -> tuple[ObjectRecord, ...]:
        """Nothing where it is not known what is wanted, since that is lost with its key."""
        inventory = [each for each in records.inventory.list(application.id) if is_mounted(each.key)]
        latest = records.revisions.find_latest(application.id) if inventory else None
        if latest is None or application.deleting:
            return ()
        addresses = {version.manifests for version in latest.services.values() if is_deployed(version)}
        seen.update({each: self._wanted[each] for each in addresses & self._wanted.keys()})
        try:
            blobs = records.blobs.get_all(addresses - seen.keys())
        except SealedUnderLostKey:
            return ()
        seen.update({address: _mounted(blob) for address, blob in blobs.items()})
        return kept_back(inventory, frozenset().union(*(seen[each] for each in addresses)))

    async def _one(self, kept: Kept) -> None:
        application = kept.application
        session = await self._ports.clusters.get(application.project, application.cluster)
        async with asyncio.timeout(OBSERVE_SECONDS):
            kinds = {(record.key.group, record.key.kind) for record in kept.records}
            live = await self._ports.live.observe(session, application.id, kinds)
        if not live.synced:
            self._waiting.forget(application.id)
            return
        named = named_by(live.objects(TEMPLATED))
        unnamed = [record for record in kept.records if record.key not in named]
        due = self._waiting.due(application.id, unnamed, self._clock())
        grant = await self._operations.grant(session) if due else None
        if grant is None:
            return
        with self._operations.hold(application.id) as free:
            if free:
                await _Collection(self._ports, application, session, grant, live).run(due, self._read_again)

    def _read_again(self, records: Records, application_id: str) -> tuple[ObjectRecord, ...]:
        if application_id in _busy(records):
            return ()
        return self._kept(records, records.applications.by_id(application_id), dict(self._wanted))


class _Collection:
    """The deletion of objects of one application that no operation touches meanwhile."""

    def __init__(
        self,
        ports: Ports,
        application: Application,
        session: ClusterSession,
        grant: Grant,
        live: LiveApplication,
    ) -> None:
        self._ports = ports
        self._application = application
        self._cluster = session.cluster
        self._grant = grant
        self._live = live

    async def run(
        self,
        due: Sequence[ObjectRecord],
        read_again: Callable[[Records, str], tuple[ObjectRecord, ...]],
    ) -> None:
        id_ = self._application.id
        still = set(await self._ports.store.read(lambda records: read_again(records, id_)))
        namespaces = {record.key.namespace for record in due}
        named = named_by([live for each in sorted(namespaces) for live in await self._templated(each)])
        for record in due:
            if record in still and record.key not in named:
                await self._delete(record)

    async def _templated(self, namespace: str) -> list[LiveObject]:
        """Everything in the namespace that has a pod template, whosever it is."""
        found: list[LiveObject] = []
        for group, kind in TEMPLATED:
            gvk = (await self._cluster.resource(group, kind)).gvk
            found += await self._cluster.list(gvk, namespace=namespace)
        return found

    async def _delete(self, record: ObjectRecord) -> None:
        key = record.key
        await self._grant.write(
            partial(self._cluster.delete, record.gvk, key.namespace, key.name, uid=record.uid)
        )
        await self._gone(record)
        await self._ports.store.write(lambda records: self._record(records, record))
        self._ports.streams.ring(about(self._application))
        log.info("%s of application %s was collected", key, self._application.name)

    async def _gone(self, record: ObjectRecord) -> None:
        """Until our copy knows it, too: the next operation decides by that copy."""
        async with asyncio.timeout(OBSERVE_SECONDS):
            with self._live.changes() as changes:
                while (seen := self._live.find(record.key)) is not None and seen.metadata.uid == record.uid:
                    await changes.wait(1.0)

    def _record(self, records: Records, record: ObjectRecord) -> None:
        if not self._grant.holds(records):
            raise self._grant.lost()
        records.inventory.remove(self._application.id, [record.key])
        event: dict[str, object] = {"service": record.service, "object": str(record.key)}
        records.events.append(about(self._application), EventType.COLLECTED, event)


def _busy(records: Records) -> set[str]:
    """The ids of applications with an operation that has not ended."""
    return {each.application_id for each in records.operations.active()}


def _mounted(blob: bytes) -> frozenset[ObjectKey]:
    manifests: Iterable[Manifest] = msgspec.json.decode(blob, type=tuple[Manifest, ...])
    return frozenset(key for key in map(ObjectKey.of, manifests) if is_mounted(key))
