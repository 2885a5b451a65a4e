"""What is no longer wanted.

The prune set is what we recorded or attempted for the selected services, less what any service of the
application wants now. So an object that moves between services stays, and what a failed first deploy left
behind goes with the corrected one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import LiveObject, Manifest, ObjectKey
from cantata.core.services.fields import as_map
from cantata.core.services.references import Reference, pointers

PRECIOUS = frozenset(
    {
        ("", "PersistentVolumeClaim"),
        ("", "Namespace"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
"""Kinds that hold what a deploy cannot bring back: never deleted unless named."""


MOUNTED = frozenset({("", "ConfigMap"), ("", "Secret")})
"""Kinds that pods read when they start, also pods that come back by a rollout undone."""

HISTORY = (("", "Pod"), ("apps", "ReplicaSet"), ("apps", "ControllerRevision"), ("batch", "Job"))
"""Kinds that hold present and earlier pod templates."""


class Pruned(msgspec.Struct, frozen=True):
    """The order of deletion is the caller's; what is in `keep` stays in the cluster and is only forgotten.
    What a pod template of the history still names is in neither: a later deploy takes it."""

    delete: tuple[ObjectRecord, ...]
    keep: tuple[ObjectRecord, ...]


def prune(
    inventory: Iterable[ObjectRecord],
    wanted: Collection[ObjectKey],
    services: Collection[str] | None,
    history: Iterable[LiveObject] = (),
) -> Pruned:
    """`wanted` are the objects of all services after the operation; `services` None means all; `history` are
    the live objects of the kinds in `HISTORY`. Hook objects have their own life and are left alone here.
    """
    unwanted = [
        record
        for record in inventory
        if not record.hook and record.key not in wanted and (services is None or record.service in services)
    ]
    mounted = any((record.key.group, record.key.kind) in MOUNTED for record in unwanted)
    named = named_by(history) if mounted else frozenset()
    delete: list[ObjectRecord] = []
    keep: list[ObjectRecord] = []
    for record in unwanted:
        if record.key in named:
            continue
        (keep if is_precious(record) else delete).append(record)
    return Pruned(tuple(delete), tuple(keep))


def is_precious(record: ObjectRecord) -> bool:
    """Stays in the cluster when it is no longer wanted: by its kind, or since its chart says so."""
    return record.keep or (record.key.group, record.key.kind) in PRECIOUS


def named_by(history: Iterable[LiveObject]) -> frozenset[ObjectKey]:
    """The ConfigMaps and Secrets that these pod templates name."""
    return frozenset(
        ObjectKey("", pointer.kind, live.metadata.namespace, pointer.name)
        for live in history
        for pointer in pointers(with_template(live))
        if isinstance(pointer, Reference) and ("", pointer.kind) in MOUNTED
    )


def with_template(live: LiveObject) -> Manifest:
    """A ControllerRevision holds the template of its StatefulSet or DaemonSet in `data`."""
    manifest = live.manifest()
    if live.gvk.kind != "ControllerRevision":
        return manifest
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": as_map(manifest.get("data")).get("spec")}
