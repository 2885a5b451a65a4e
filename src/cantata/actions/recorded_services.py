"""What the store says of an application and its past, for telling where a key is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from cantata.actions.lost_key import blobs_of
from cantata.actions.source import Source
from cantata.core.model.applications import ObjectRecord, Revision, RevisionExtras, ServiceVersion
from cantata.core.model.errors import SealedUnderLostKey
from cantata.core.model.objects import Manifest
from cantata.core.where import RecordedService
from cantata.ports import Page, Records

LOOK_BACK = Page(limit=100)
"""How many revisions are searched for what a pod was made from."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of one application."""

    source: Source
    extras: RevisionExtras
    inventory: tuple[ObjectRecord, ...]

    @classmethod
    def read(cls, records: Records, source: Source) -> Known:
        latest = source.latest
        extras = RevisionExtras()
        if latest is not None:
            with blobs_of(source.application, latest.number):
                extras = RevisionExtras.read(records.blobs.get(latest.extras))
        return cls(source, extras, tuple(records.inventory.list(source.application.id)))


def past(records: Records, revisions: Iterable[Revision], service: str) -> Iterator[RecordedService]:
    """The versions that a service had, the newest first, each read when it is asked for. A rollback may bring
    one back: it counts as the newest then. Those that are lost with their key are left out."""
    numbers: dict[tuple[str, str], set[int]] = {}
    versions: dict[tuple[str, str], ServiceVersion] = {}
    for revision in revisions:
        version = revision.services.get(service)
        if version is not None:
            same = (version.manifests, version.inputs)
            versions.setdefault(same, version)
            numbers.setdefault(same, set()).add(revision.number)
    for same, version in versions.items():
        with suppress(SealedUnderLostKey):
            yield RecordedService(frozenset(numbers[same]), version, manifests_of(records, version))


def manifests_of(records: Records, version: ServiceVersion) -> tuple[Manifest, ...]:
    return msgspec.json.decode(records.blobs.get(version.manifests), type=tuple[Manifest, ...])
