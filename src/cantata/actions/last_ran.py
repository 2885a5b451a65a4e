"""Which version of each service ran last. A deploy that failed or was cancelled has recorded newer versions
of services that it never reached; what is asked of these services afterwards is asked of what runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import msgspec

from cantata.actions.lost_key import blobs_of
from cantata.actions.source import Source
from cantata.core.model.applications import (
    Operation,
    OperationState,
    Revision,
    RevisionState,
    ServiceVersion,
    Verb,
)
from cantata.core.model.errors import RevisionNotFound
from cantata.ports import Page, Records

LOOK_BACK = Page(limit=1000)


def as_last_ran(records: Records, source: Source) -> Source:
    """With the version of each service that ran last, or is on its way, in place of the one that is recorded
    last; adjusted as it is by now, but for its patches. One that never ran stays as it is recorded. Raises
    `RevisionUnreadable`, `RevisionExpired`."""
    latest = source.latest
    if latest is None:
        return source
    past = _Past(records, latest)
    older = {
        name: ran
        for name, version in latest.services.items()
        if (ran := past.last_ran(name, version)).manifests != version.manifests
    }
    if not older:
        return source
    with blobs_of(source.application, latest.number):
        manifests = records.blobs.get_all({each.manifests for each in older.values()})
        inputs = records.blobs.get_all({each.inputs for each in older.values()})
    return replace(
        source,
        latest=msgspec.structs.replace(latest, services=latest.services | older, inputs=""),
        manifests={**source.manifests, **{name: manifests[each.manifests] for name, each in older.items()}},
        recorded={**source.recorded, **inputs},
    )


class _Past:
    """The revisions of an application, and how far their operations came, each read once."""

    def __init__(self, records: Records, latest: Revision) -> None:
        self._records = records
        self._latest = latest
        self._revisions = {latest.number: latest}
        self._operations: Sequence[Operation] | None = None

    def last_ran(self, service: str, recorded: ServiceVersion) -> ServiceVersion:
        version, until = recorded, self._latest.number
        while not self._ran(service, version.changed_in, until):
            until = version.changed_in - 1
            before = self._revision(until)
            if before is None or service not in before.services:
                return recorded
            version = before.services[service]
        asked = msgspec.structs.replace(recorded.adjustments, patches=version.adjustments.patches)
        return msgspec.structs.replace(version, adjustments=asked)

    def _ran(self, service: str, since: int, until: int) -> bool:
        """Whether an operation of one of these revisions, which all have the same version of the service, has
        brought it into the cluster, or may do so yet."""
        changed = self._revision(since)
        if changed is None or changed.state is not RevisionState.FAILED:
            return True
        return any(
            service in (operation.services or (service,))
            if operation.state is OperationState.SUCCEEDED or not operation.state.ended
            else any(each.service == service for each in self._records.operations.reached(operation.id))
            for operation in self._between(changed, self._revision(until + 1))
        )

    def _between(self, first: Revision, after: Revision | None) -> list[Operation]:
        """The operations of these revisions, and those that made none: ids sort by time."""
        if self._operations is None:
            of = self._latest.application_id
            self._operations = self._records.operations.list(application_id=of, page=LOOK_BACK)
        return [
            each
            for each in self._operations
            if each.verb not in (Verb.TEST, Verb.DELETE)
            and first.operation_id <= each.id
            and (after is None or each.id < after.operation_id)
        ]

    def _revision(self, number: int) -> Revision | None:
        if number not in self._revisions and 0 < number < self._latest.number:
            with suppress(RevisionNotFound):
                self._revisions[number] = self._records.revisions.get(self._latest.application_id, number)
        return self._revisions.get(number)
