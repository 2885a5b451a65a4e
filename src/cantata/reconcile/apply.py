"""The writes of an execution: one object each, decided just before, recorded just after.

Deciding again at the moment of the write makes a resumed operation the same thing as a fresh one: what is
there already is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

import msgspec

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import LiveObject, Manifest, Metadata, ObjectKey
from cantata.core.model.plans import Action
from cantata.core.order.kinds import install_rank, sort_for_install
from cantata.core.plan import Decision, Desired, decide
from cantata.core.stamp import fingerprint
from cantata.errors import CantataError, Category
from cantata.ports import Applied, Cluster, LiveApplication, ObjectConflict, Propagation
from cantata.reconcile.journal import Journal
from cantata.reconcile.lease import ClusterLease

T = TypeVar("T")
KEEP_ANNOTATION = "helm.sh/resource-policy"
SCALABLE = frozenset({("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet")})
RETRY_FIRST, RETRY_MOST = 0.25, 5.0
"""Seconds between tries while the cluster does not answer; doubled each time."""


class Writer:
    """Writes objects of one application under the lease, and remembers what it wrote."""

    def __init__(
        self,
        cluster: Cluster,
        lease: ClusterLease,
        live: LiveApplication,
        journal: Journal,
        application_id: str,
        inventory: Iterable[ObjectRecord],
    ) -> None:
        self._cluster = cluster
        self._lease = lease
        self._live = live
        self._journal = journal
        self._manager = f"cantata:{application_id}"
        self.records: dict[ObjectKey, ObjectRecord] = {record.key: record for record in inventory}
        self._written: dict[ObjectKey, Metadata] = {}

    def behind(self, key: ObjectKey) -> bool:
        """Whether the live copy has not yet seen what we wrote."""
        wrote, live = self._written.get(key), self._live.find(key)
        if wrote is None:
            return False
        seen = live is not None and live.metadata.uid == wrote.uid
        return not (seen and live is not None and live.metadata.generation >= wrote.generation)

    def complete(self, key: ObjectKey) -> None:
        """The Job has finished well: it holds even when it is gone."""
        record = self.records.get(key)
        if record is not None and not record.completed:
            self.records[key] = msgspec.structs.replace(record, completed=True)
            self._journal.applied([self.records[key]])

    def decide(self, desired: Desired) -> Decision:
        return decide(desired, self.records.get(desired.key), self._live.find(desired.key))

    async def apply(self, wanted: Sequence[Desired]) -> int:
        """Brings the objects to what is wanted, kind after kind; returns how many were written.

        Raises the first error after the other writes of its kind have ended.
        """
        written = 0
        ordered = sort_for_install(wanted, key=lambda desired: desired.key)
        for _, same_kind in groupby(ordered, key=lambda desired: install_rank(desired.key)):
            decisions = [self.decide(desired) for desired in same_kind]
            due = [decision for decision in decisions if decision.action is not Action.UNCHANGED]
            outcomes = await asyncio.gather(*(self._write(each) for each in due), return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    raise outcome
            written += len(due)
        return written

    async def _write(self, decision: Decision) -> None:
        desired, live = decision.desired, self._live.find(decision.desired.key)
        if decision.action is Action.RECREATE and live is not None:
            await self.delete(desired.key, desired.gvk.version, live.metadata.uid, Propagation.FOREGROUND)
            live = None
        elif live is not None and live.metadata.deletion_timestamp:
            await self.gone(desired.key, live.metadata.uid)
            live = None
        applied = await self.retried(lambda: self._apply(desired, live))
        manifest = applied.object.manifest()
        annotations = desired.manifest["metadata"].get("annotations") or {}
        record = ObjectRecord(
            key=desired.key,
            gvk=desired.gvk,
            service=desired.service,
            desired=desired.digest,
            uid=applied.object.metadata.uid,
            fingerprint=fingerprint(manifest),
            resource_version=applied.object.metadata.resource_version,
            immutable=desired.immutable,
            keep=annotations.get(KEEP_ANNOTATION) == "keep",
        )
        self.records[desired.key] = record
        self._written[desired.key] = applied.object.metadata
        self._journal.applied([record])
        self._journal.tell(
            "object", service=desired.service, object=str(desired.key), action=decision.action.value
        )
        for warning in applied.warnings:
            self._journal.tell("warning", service=desired.service, object=str(desired.key), message=warning)

    async def _apply(self, desired: Desired, live: LiveObject | None) -> Applied:
        """The first apply is unforced. Later ones name the UID, leave replicas to whoever scaled them, and
        take back every other field that we set."""
        self._lease.check()
        if live is None:
            return await self._cluster.apply(desired.manifest, manager=self._manager)
        manifest = with_uid(desired.manifest, live.metadata.uid)
        if (desired.gvk.group, desired.gvk.kind) in SCALABLE:
            manifest = with_live_replicas(manifest, live)
        try:
            return await self._cluster.apply(manifest, manager=self._manager)
        except ObjectConflict as conflict:
            if not conflict.conflicts:
                raise
            if any(field.field == ".spec.replicas" for field in conflict.conflicts):
                manifest = without_replicas(manifest)
            return await self._cluster.apply(manifest, manager=self._manager, force=True)

    async def once(self, manifest: Manifest, manager: str) -> Applied:
        """Applies an object that is the cluster's and not the application's: it is not recorded."""

        async def send() -> Applied:
            self._lease.check()
            return await self._cluster.apply(manifest, manager=manager)

        return await self.retried(send)

    async def delete(
        self, key: ObjectKey, version: str, uid: str, propagation: Propagation = Propagation.BACKGROUND
    ) -> None:
        """Deletes the object of this UID and waits until it is gone."""
        gvk = (await self._cluster.resource(key.group, key.kind, version)).gvk

        async def send() -> bool:
            self._lease.check()
            return await self._cluster.delete(gvk, key.namespace, key.name, propagation=propagation, uid=uid)

        if await self.retried(send):
            await self.gone(key, uid)

    async def gone(self, key: ObjectKey, uid: str) -> None:
        """Until the object of this UID is not there any more, by the watch and, now and then, by a read."""
        gvk = (await self._cluster.resource(key.group, key.kind)).gvk
        with self._live.changes() as changes:
            while True:
                seen = self._live.find(key)
                if seen is None or seen.metadata.uid != uid:
                    found = await self.retried(lambda: self._cluster.find(gvk, key.namespace, key.name))
                    if found is None or found.metadata.uid != uid:
                        return
                await changes.wait(1.0)

    async def retried(self, call: Callable[[], Awaitable[T]]) -> T:
        """Tries again while the cluster is out of reach; the caller's deadline ends it."""
        pause = RETRY_FIRST
        while True:
            try:
                return await call()
            except CantataError as error:
                if error.category is not Category.UNAVAILABLE:
                    raise
                self._journal.tell("waiting", message=error.message)
            await asyncio.sleep(pause)
            pause = min(pause * 2, RETRY_MOST)


def with_uid(manifest: Manifest, uid: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "uid": uid}}


def with_live_replicas(manifest: Manifest, live: LiveObject) -> Manifest:
    """A manifest that says nothing of replicas sends the live number: leaving out a field that only we own
    would reset it to its default."""
    spec: Mapping[str, Any] = manifest.get("spec") or {}
    if "replicas" in spec:
        return manifest
    replicas = (live.manifest().get("spec") or {}).get("replicas")
    return manifest if replicas is None else {**manifest, "spec": {**spec, "replicas": replicas}}


def without_replicas(manifest: Manifest) -> Manifest:
    spec = {name: item for name, item in manifest["spec"].items() if name != "replicas"}
    return {**manifest, "spec": spec}
