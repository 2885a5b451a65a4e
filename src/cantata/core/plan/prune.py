"""What is no longer wanted.

The prune set is what we recorded or attempted for the selected services, less what any service of the
application wants now. So an object that moves between services stays, and what a failed first deploy left
behind goes with the corrected one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import ObjectKey

PRECIOUS = frozenset(
    {
        ("", "PersistentVolumeClaim"),
        ("", "Namespace"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
"""Kinds that hold what a deploy cannot bring back: never deleted unless named."""


class Pruned(msgspec.Struct, frozen=True):
    """The order of deletion is the caller's; what is in `keep` stays in the cluster and is only forgotten."""

    delete: tuple[ObjectRecord, ...]
    keep: tuple[ObjectRecord, ...]


def prune(
    inventory: Iterable[ObjectRecord], wanted: Collection[ObjectKey], services: Collection[str] | None
) -> Pruned:
    """`wanted` are the objects of all services after the operation; `services` None means all.

    Hook objects have their own life and are left alone here.
    """
    delete: list[ObjectRecord] = []
    keep: list[ObjectRecord] = []
    for record in inventory:
        if record.hook or record.key in wanted or (services is not None and record.service not in services):
            continue
        precious = record.keep or (record.key.group, record.key.kind) in PRECIOUS
        (keep if precious else delete).append(record)
    return Pruned(tuple(delete), tuple(keep))
