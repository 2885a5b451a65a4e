"""The writes of an execution: one object each, decided just before, recorded just after.

Deciding again at the moment of the write makes a resumed operation the same thing as a fresh one: what is
there already is left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import msgspec

from cantata.core.cards.refusals import NEVER_RECREATED
from cantata.core.drift import NOTHING, Leave, with_left
from cantata.core.model.applications import ObjectRecord
from cantata.core.model.deletions import Holder
from cantata.core.model.events import EventType
from cantata.core.model.objects import GVK, LiveObject, Manifest, Metadata, ObjectKey
from cantata.core.model.plans import Action
from cantata.core.order.kinds import install_rank, sort_for_install
from cantata.core.plan import (
    Decision,
    Desired,
    decide,
    is_autoscaler,
    is_secret,
    says_keep,
    with_live_replicas,
    without_scaled,
)
from cantata.core.plan.finalizers import holders
from cantata.core.stamp import APPLICATION, fingerprint
from cantata.errors import CantataError, Category
from cantata.ports import Applied, Cluster, ImmutableField, LiveApplication, ObjectConflict, Propagation
from cantata.reconcile.journal import Journal
from cantata.reconcile.requests import Requests, together

HANGS = 5.0
"""Seconds after which an object that is to go is read, and it is told what holds it up."""

KEEPS = {"StatefulSet": Propagation.ORPHAN}
"""Kinds whose pods run on while they are made anew: the new object takes them over."""


class DeletionStuck(CantataError):
    """An object that was deleted does not go away."""

    category = Category.REFUSED


TELL_SECONDS = 5.0
"""How long a watch may take to tell of our own write; it takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a write, and when it came by the monotonic clock."""

    metadata: Metadata
    at: float


class Writer:
    """Writes objects of one application, and remembers what it wrote. With `recreate` an object whose changed
    fields are immutable is made anew, unless data would go with it. `trouble` is told what a write is
    answered that is tried again and again."""

    def __init__(
        self,
        cluster: Cluster,
        requests: Requests,
        live: LiveApplication,
        journal: Journal,
        application_id: str,
        inventory: Iterable[ObjectRecord],
        leave: Leave = NOTHING,
        *,
        recreate: bool = False,
        trouble: Callable[[Desired, CantataError], None] = lambda _desired, _error: None,
    ) -> None:
        self._cluster = cluster
        self._requests = requests
        self._live = live
        self._journal = journal
        self._application_id = application_id
        self._manager = f"cantata:{application_id}"
        self._recreate = recreate
        self._trouble = trouble
        self.records: dict[ObjectKey, ObjectRecord] = {record.key: record for record in inventory}
        self._leave = leave
        self._written: dict[ObjectKey, Written] = {}

    def behind(self, key: ObjectKey) -> bool:
        """Whether the live copy has not yet seen what we wrote. Long after the write it is doubted."""
        wrote = self._written.get(key)
        if wrote is None or any(
            live.metadata.uid == wrote.metadata.uid and live.metadata.generation >= wrote.metadata.generation
            for live in self._live.family([key])
        ):
            return False
        if time.monotonic() - wrote.at > TELL_SECONDS:
            self._live.doubt((key.group, key.kind))
        return True

    def complete(self, key: ObjectKey) -> None:
        """The Job has finished well: it holds even when it is gone."""
        record = self.records.get(key)
        if record is not None and not record.completed:
            self._record(msgspec.structs.replace(record, completed=True))

    def decide(self, desired: Desired) -> Decision:
        return decide(desired, self.records.get(desired.key), self._live.find(desired.key))

    async def announce(self, wanted: Iterable[Desired]) -> None:
        """Notes, before the first of them is sent, which recorded objects will be other ones. If the answer
        is lost, by a crash or a cancellation, the old manifest is not taken for what is in the cluster."""
        for desired in wanted:
            record = self.records.get(desired.key)
            if record is not None and record.desired not in ("", desired.digest):
                self._record(msgspec.structs.replace(record, fingerprint="", resource_version=""))
        await self._journal.flush()

    async def apply(self, wanted: Sequence[Desired]) -> int:
        """Brings the objects to what is wanted, kind after kind; returns how many were written.

        Raises the first error after the other writes of its kind have ended.
        """
        written = 0
        ordered = sort_for_install(wanted, key=lambda desired: desired.key)
        for _, same_kind in groupby(ordered, key=lambda desired: install_rank(desired.key)):
            decisions = [self.decide(desired) for desired in same_kind]
            due = [decision for decision in decisions if decision.action is not Action.UNCHANGED]
            await together(self._write(each) for each in due)
            written += len(due)
        return written

    async def _write(self, decision: Decision) -> None:
        desired, live = decision.desired, self._live.find(decision.desired.key)
        if decision.action is Action.RECREATE and live is not None:
            await self.clear(desired, live.metadata.uid)
            live = None
        elif live is not None and live.metadata.deletion_timestamp:
            await self.gone(desired.key, live.metadata.uid)
            await self.intend(desired)
            live = None
        action = decision.action
        try:
            applied = await self._apply(desired, live)
        except ImmutableField:
            if live is None or not self._recreate or desired.gvk.kind in NEVER_RECREATED:
                raise
            await self.clear(desired, live.metadata.uid, KEEPS.get(desired.gvk.kind, Propagation.FOREGROUND))
            applied, action = await self._apply(desired, None), Action.RECREATE
        manifest = applied.object.manifest()
        record = ObjectRecord(
            key=desired.key,
            gvk=desired.gvk,
            service=desired.service,
            desired=desired.digest,
            uid=applied.object.metadata.uid,
            fingerprint="" if is_secret(desired.gvk) else fingerprint(manifest),
            resource_version=applied.object.metadata.resource_version,
            immutable=desired.immutable,
            hook=not desired.service,
            keep=says_keep(desired.manifest),
        )
        self._record(record)
        self._written[desired.key] = Written(applied.object.metadata, time.monotonic())
        self._journal.tell(
            EventType.OBJECT, service=desired.service, object=str(desired.key), action=action.value
        )
        for warning in applied.warnings:
            self._journal.tell(
                EventType.WARNING, service=desired.service, object=str(desired.key), message=warning
            )

    async def _apply(self, desired: Desired, live: LiveObject | None) -> Applied:
        """The first apply is unforced. Later ones name the UID, leave replicas to autoscalers, and
        take back every other field that we set."""
        if live is None:
            return await self._send(desired, desired.manifest)
        manifest = with_live_replicas(with_uid(desired.manifest, live.metadata.uid), live)
        if self._leave != NOTHING:
            manifest = await self._leaving(desired, manifest, live)
        try:
            return await self._send(desired, manifest)
        except ObjectConflict as conflict:
            if not conflict.conflicts:
                return await self._apply_anew(desired, live.metadata.uid, conflict)
            theirs = [
                each.field for each in conflict.conflicts if is_autoscaler(each.manager, each.subresource)
            ]
            return await self._send(
                desired, without_scaled(manifest, theirs, scaled=desired.scaled), force=True
            )

    async def _leaving(self, desired: Desired, manifest: Manifest, live: LiveObject) -> Manifest:
        """With the live values of what is left to others. Of Secrets the informers have none."""
        if is_secret(desired.gvk):
            key = desired.key
            read = partial(self._cluster.find, desired.gvk, key.namespace, key.name)
            whole = await self._requests.read(read)
            return with_left(manifest, whole.manifest(), self._leave) if whole is not None else manifest
        return with_left(manifest, live.manifest(), self._leave)

    async def _apply_anew(self, desired: Desired, stale: str, conflict: ObjectConflict) -> Applied:
        """The object of the UID `stale` was deleted, and the watch has not told us yet. What stands in its
        place now is written only when it is ours."""
        key = desired.key
        fresh = await self._requests.read(partial(self._cluster.find, desired.gvk, key.namespace, key.name))
        if fresh is None:
            return await self._send(desired, desired.manifest)
        ours = fresh.metadata.labels.get(APPLICATION) == self._application_id
        if fresh.metadata.uid == stale or not ours:
            raise conflict
        return await self._send(desired, with_uid(desired.manifest, fresh.metadata.uid), force=True)

    async def _send(self, desired: Desired, manifest: Manifest, *, force: bool = False) -> Applied:
        send = partial(self._cluster.apply, manifest, manager=self._manager, force=force)
        return await self._requests.write(send, partial(self._trouble, desired))

    async def intend(self, desired: Desired) -> None:
        """Notes, before an object is made, that the one recorded is not the one that will be there. Taken up
        again after that, the new object is known as ours and is not replaced once more."""
        self._record(ObjectRecord(desired.key, desired.gvk, desired.service, hook=not desired.service))
        await self._journal.flush()

    def own_hook(self, desired: Desired, *, fresh: bool) -> None:
        """Notes that an object is a hook's; `fresh` when it is yet to be made."""
        known = None if fresh else self.records.get(desired.key)
        record = known or ObjectRecord(desired.key, desired.gvk, desired.service)
        self._record(msgspec.structs.replace(record, hook=True))

    async def own_claims(self, claims: Iterable[tuple[LiveObject, str]]) -> None:
        """Notes claims that StatefulSets have made, each with its service, as objects to be deleted."""
        for live, service in claims:
            if live.key not in self.records:
                self._record(ObjectRecord(live.key, live.gvk, service, uid=live.metadata.uid))
        await self._journal.flush()

    async def find_own(self, record: ObjectRecord) -> LiveObject | None:
        """What stands in the cluster under this name, if it is ours; asked for, and not looked up."""
        key = record.key
        read = partial(self._cluster.find, await self._served(key, ""), key.namespace, key.name)
        found = await self._requests.read(read)
        ours = found is not None and found.metadata.labels.get(APPLICATION) == self._application_id
        return found if ours else None

    def _record(self, record: ObjectRecord) -> None:
        self.records[record.key] = record
        self._journal.applied([record])

    async def clear(
        self, desired: Desired, uid: str, propagation: Propagation = Propagation.FOREGROUND
    ) -> None:
        """Deletes the object of this UID, to make it anew."""
        await self.delete(desired.key, desired.gvk.version, uid, propagation)
        await self.intend(desired)

    async def once(self, manifest: Manifest, manager: str) -> Applied:
        """Applies an object that is the cluster's and not the application's: it is not recorded."""
        return await self._requests.write(partial(self._cluster.apply, manifest, manager=manager))

    async def delete(
        self, key: ObjectKey, version: str, uid: str, propagation: Propagation = Propagation.BACKGROUND
    ) -> bool:
        """Deletes the object of this UID and waits until it is gone. False when it was so already; another
        one may have its name by now."""
        gvk = await self._served(key, version)
        send = partial(self._cluster.delete, gvk, key.namespace, key.name, propagation=propagation, uid=uid)
        if not await self._requests.write(send):
            return False
        await self.gone(key, uid)
        return True

    async def gone(self, key: ObjectKey, uid: str) -> None:
        """Until the object of this UID is not there any more, by the watch and, every few seconds, by a read.
        Raises `DeletionStuck`."""
        read = partial(self._cluster.find, await self._served(key, ""), key.namespace, key.name)
        begun, named = time.monotonic(), False
        until, read_at = begun + self._requests.deadline, begun + HANGS
        with self._live.changes() as changes:
            while True:
                seen, now = self._live.find(key), time.monotonic()
                told = seen is None or seen.metadata.uid != uid
                if told or now > min(read_at, until):
                    found = await self._requests.read(read)
                    if found is None or found.metadata.uid != uid:
                        if not told:
                            self._live.doubt((key.group, key.kind))
                        return
                    read_at = now + HANGS
                    if now > until:
                        raise stuck(key, holders(found.manifest()), self._requests.deadline)
                    if not named and now > begun + HANGS:
                        named = self._tell_holders(found)
                await changes.wait(min(1.0, self._requests.deadline))

    def _tell_holders(self, live: LiveObject) -> bool:
        """Of an object as the cluster has it: live copies are without field managers."""
        held = holders(live.manifest())
        if held:
            told = f"{live.key} is not gone yet: it waits for {', '.join(map(str, held))}"
            self._journal.tell(EventType.WAITING, message=told)
        return bool(held)

    async def _served(self, key: ObjectKey, version: str) -> GVK:
        resource = await self._requests.read(partial(self._cluster.resource, key.group, key.kind, version))
        return resource.gvk


def stuck(key: ObjectKey, held: Sequence[Holder], seconds: float) -> DeletionStuck:
    waits = f": it waits for {', '.join(map(str, held))}" if held else ""
    return DeletionStuck(
        f"{key} is still there {seconds:.0f} s after it was deleted{waits}",
        subject=str(key),
        hint="See to it that what takes these finalizers away runs, or remove them, and try again.",
    )


def with_uid(manifest: Manifest, uid: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "uid": uid}}
