"""What others changed on the objects of an application since it was deployed."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

import msgspec

from cantata.actions.source import Source
from cantata.core.adjust import adjust
from cantata.core.diff.drift import drift
from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import LiveObject, Manifest, ObjectKey
from cantata.core.model.plans import ObjectPlan
from cantata.core.stamp import fingerprint, stamp


def field_manager(application_id: str) -> str:
    return f"cantata:{application_id}"


class Sent(NamedTuple):
    """A manifest as it was sent; `scaled` says that its number of pods was asked for."""

    manifest: Manifest
    scaled: bool


def sent_manifests(source: Source, services: Set[str]) -> dict[str, dict[ObjectKey, Sent]]:
    """What the latest revision sends, by service and object."""
    latest = source.latest
    if latest is None:
        return {}
    sent: dict[str, dict[ObjectKey, Sent]] = {}
    for name in source.manifests.keys() & services:
        adjustments = latest.services[name].adjustments
        manifests = msgspec.json.decode(source.manifests[name], type=tuple[Manifest, ...])
        sent[name] = {
            ObjectKey.of(manifest): Sent(
                stamp(manifest, application_id=source.application.id, service=name, revision=latest.number),
                adjustments.scaled,
            )
            for manifest in adjust(manifests, adjustments, name)
        }
    return sent


def moved(record: ObjectRecord, live: LiveObject) -> bool:
    """Whether somebody changed the object since we wrote it; of a Secret, whether anybody wrote it."""
    if record.uid == live.metadata.uid and record.resource_version == live.metadata.resource_version:
        return False
    return not _as_answered(record, live)


def with_drift(
    plan: ObjectPlan, sent: Sent | None, record: ObjectRecord | None, live: LiveObject, ours: str
) -> ObjectPlan:
    """The plan with what others than the manager `ours` changed since `sent` was; `live` has its
    body."""
    if sent is None or (record is not None and _as_answered(record, live)):
        return plan
    found = drift(sent.manifest, live, ours, scaled=sent.scaled)
    counted = {each.reason for each in plan.folded}
    more = tuple(each for each in found.folded if each.reason not in counted)
    return msgspec.structs.replace(
        plan, drift=found.drift, foreign=found.foreign, folded=(*plan.folded, *more)
    )


def _as_answered(record: ObjectRecord, live: LiveObject) -> bool:
    """The content is that of the answer to what we sent last: whatever differs, the cluster made of it."""
    return bool(record.fingerprint) and record.fingerprint == fingerprint(live.manifest())
