"""Sees by the watch when others change what an application set, tells it, and takes it back by policy.

Only the objects that are not as they were answered are compared, and nothing is asked of the cluster unless
one of these has changed since it was compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cantata.actions.audit import now
from cantata.actions.diff_live import diff_live
from cantata.actions.drift import moved
from cantata.actions.ports import Ports
from cantata.actions.status import Known
from cantata.actions.submit import is_busy, submit
from cantata.core.drift import BY_POLICY, Settled, settle
from cantata.core.model.access import Actor, Role
from cantata.core.model.applications import Application, ObjectRecord, Verb
from cantata.core.model.diffs import Diff
from cantata.core.model.drift import DriftedField
from cantata.core.model.events import EventType, about
from cantata.core.model.objects import ObjectKey
from cantata.core.model.plans import Action
from cantata.ports import LiveApplication, Records
from cantata.reconcile.watch import Seen


class Standing(NamedTuple):
    """An object as we were answered when we wrote it, and as it is seen; `uid` is empty when it is gone."""

    answered: str
    uid: str = ""
    version: str = ""


class DriftLook:
    """The look for drift of one application."""

    def __init__(self, ports: Ports, clock: Callable[[], float] = time.time) -> None:
        self._ports = ports
        self._clock = clock
        self._compared: object = None
        self._as_answered: dict[ObjectKey, Standing] = {}

    async def __call__(self, seen: Seen) -> bool:
        known = seen.known
        application, revision = known.application, _number(known)
        suspects = self._suspects(known.inventory, seen.live)
        # The operation and what we were answered count too: after a write of ours the copy may still show
        # what was before it, and what an operation could not take back is still there.
        operation = known.operation.id if known.operation is not None else ""
        inputs = (revision, application.row_version, operation, suspects)
        if inputs == self._compared:
            return True
        found: tuple[DriftedField, ...] = ()
        if suspects:
            found = tuple(drifted_fields(await diff_live(self._ports, application.project, application.name)))
        if found or known.drift.fields:
            settled = settle(
                found,
                known.drift,
                revision=revision,
                policy=application.drift,
                excepted=application.drift_except,
                now=self._clock(),
                last=known.operation,
            )
            if not await self._ports.store.write(lambda records: _keep(records, known, settled)):
                return False
            self._ports.streams.ring(about(application))
            if settled.revert:
                self._ports.wake()
        self._compared = inputs
        return True

    def _suspects(
        self, inventory: Iterable[ObjectRecord], live: LiveApplication
    ) -> dict[ObjectKey, Standing]:
        """The objects that are not as we were answered when we wrote them. Each version is compared once."""
        suspects, well = {}, {}
        for record in inventory:
            if record.hook or not record.desired or record.completed:
                continue
            seen = live.find(record.key)
            if seen is None:
                suspects[record.key] = Standing(record.resource_version)
                continue
            standing = Standing(record.resource_version, seen.metadata.uid, seen.metadata.resource_version)
            if self._as_answered.get(record.key) != standing and moved(record, seen):
                suspects[record.key] = standing
            elif standing.version != record.resource_version:
                well[record.key] = standing
        self._as_answered = well
        return suspects


def drifted_fields(diff: Diff) -> Iterator[DriftedField]:
    for plan in diff.services:
        for item in plan.objects:
            if item.action is Action.DELETE:
                yield DriftedField(plan.service, str(item.key), "", at=now())
            for each in item.drift:
                yield DriftedField(plan.service, str(item.key), each.path, each.manager, each.at)


def _number(known: Known) -> int:
    return known.revision.number if known.revision is not None else 0


def _keep(records: Records, known: Known, settled: Settled) -> bool:
    """False when something else came between, and nothing was kept."""
    application = records.applications.by_id(known.application.id)
    latest = records.revisions.find_latest(application.id)
    if (
        application.deleting
        or is_busy(records, application)
        or (latest.number if latest is not None else 0) != _number(known)
        or application.row_version != known.application.row_version
        or records.drift.find(application.id) != known.drift
    ):
        return False
    records.drift.set(application.id, settled.drift)
    _tell(records, application, settled)
    if settled.revert:
        actor = Actor(BY_POLICY, application.project, Role.OPERATOR)
        submit(records, actor, application, Verb.REVERT, services=settled.revert, cause=BY_POLICY)
    return True


def _tell(records: Records, application: Application, settled: Settled) -> None:
    for type_, fields in (EventType.DRIFTED, settled.appeared), (EventType.REVERTED, settled.gone):
        for service in sorted({each.service for each in fields}):
            told = [_told(each) for each in fields if each.service == service]
            records.events.append(about(application), type_, {"service": service, "fields": told})


def _told(field_: DriftedField) -> dict[str, object]:
    return {
        "object": field_.object,
        "field": field_.field,
        "manager": field_.manager,
        "at": field_.at,
        "fight": field_.fight,
    }
