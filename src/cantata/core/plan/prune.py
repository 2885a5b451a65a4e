"""What is no longer wanted.

The prune set is what we recorded or attempted for the selected services, less what any service of the
application wants now. So an object that moves between services stays, also while only the one that it leaves
is deployed, and what a failed first deploy left behind goes with the corrected one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import GVK, LiveObject, Manifest, ObjectKey
from cantata.core.plan.closure import used_by
from cantata.core.services.fields import annotations_of, as_map
from cantata.core.services.references import Reference, pointers
from cantata.core.stamp.templates import is_workload

PRECIOUS = frozenset(
    {
        ("", "PersistentVolumeClaim"),
        ("", "Namespace"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
"""Kinds that hold what a deploy cannot bring back: never deleted unless named."""

KEEP_ANNOTATION = "helm.sh/resource-policy"

MOUNTED = frozenset({("", "ConfigMap"), ("", "Secret")})
"""Kinds that pods read when they start, also pods that come back by a rollout undone."""

NOWHERE: Mapping[ObjectKey, str] = {}

HISTORY = (("", "Pod"), ("apps", "ReplicaSet"), ("apps", "ControllerRevision"), ("batch", "Job"))
"""Kinds that hold present and earlier pod templates."""


class Pruned(msgspec.Struct, frozen=True):
    """The order of deletion is the caller's; what is in `keep` stays in the cluster and is only forgotten.
    What a pod template of the history, or a service outside of the operation, still names is in neither: a
    later deploy takes it."""

    delete: tuple[ObjectRecord, ...]
    keep: tuple[ObjectRecord, ...]


def prune(
    inventory: Iterable[ObjectRecord],
    wanted: Collection[ObjectKey],
    services: Collection[str] | None,
    history: Iterable[LiveObject] | None = (),
    *,
    undeployed: Collection[str] = (),
    outside: Iterable[Manifest] = (),
    assigned: Mapping[ObjectKey, str] = NOWHERE,
) -> Pruned:
    """`wanted` are the objects of all services after the operation; `services` None means all; `history` are
    the live objects of the kinds in `HISTORY`, None while they cannot be seen, which holds back all that they
    might name. The history of `undeployed` services goes with them, so that it holds nothing back. What the
    objects `outside` of the operation use is held back, too, and what is `assigned` to a service outside by
    now. Hook objects have their own life and are left alone here.
    """
    unwanted = [
        record
        for record in inventory
        if not record.hook
        and record.key not in wanted
        and (services is None or {record.service, assigned.get(record.key, record.service)} <= {*services})
    ]
    mounted = any((record.key.group, record.key.kind) in MOUNTED for record in unwanted)
    gone = {record.uid for record in unwanted if record.service in undeployed and record.uid}
    named = named_by(_outliving(history, gone)) if mounted and history is not None else frozenset()
    named |= used_by(outside, {record.key for record in unwanted}) if unwanted else frozenset()
    delete: list[ObjectRecord] = []
    keep: list[ObjectRecord] = []
    for record in unwanted:
        unseen = history is None and (record.key.group, record.key.kind) in MOUNTED
        if unseen or record.key in named:
            continue
        (keep if is_precious(record) else delete).append(record)
    return Pruned(tuple(delete), tuple(keep))


def _outliving(history: Iterable[LiveObject], gone: Collection[str]) -> list[LiveObject]:
    """Without what is one of the objects with these UIDs, or is owned by one, however far."""
    staying, uids = list(history), set(gone)
    while True:
        going = [
            live
            for live in staying
            if live.metadata.uid in uids or any(o.uid in uids for o in live.metadata.owner_references)
        ]
        if not going:
            return staying
        uids |= {live.metadata.uid for live in going}
        staying = [live for live in staying if live.metadata.uid not in uids]


def is_precious(record: ObjectRecord) -> bool:
    """Stays in the cluster when it is no longer wanted: by its kind, or since its chart says so."""
    return record.keep or (record.key.group, record.key.kind) in PRECIOUS


def says_keep(manifest: Manifest) -> bool:
    """Whether its chart wants an object to outlive the application."""
    return annotations_of(manifest).get(KEEP_ANNOTATION) == "keep"


def named_by(history: Iterable[LiveObject]) -> frozenset[ObjectKey]:
    """The ConfigMaps and Secrets that these pod templates name."""
    return frozenset(
        key for live in history for key in _mounted(with_template(live), live.metadata.namespace)
    )


def named_in_history(manifests: Iterable[Manifest]) -> frozenset[ObjectKey]:
    """The ConfigMaps and Secrets that the history of these workloads names once they are changed or gone. A
    CronJob has none but its runs, which nobody knows beforehand."""
    return frozenset(
        key
        for manifest in manifests
        if is_workload(manifest) and GVK.of(manifest).kind != "CronJob"
        for key in _mounted(manifest, ObjectKey.of(manifest).namespace)
    )


def _mounted(manifest: Manifest, namespace: str) -> Iterator[ObjectKey]:
    for pointer in pointers(manifest):
        if isinstance(pointer, Reference) and ("", pointer.kind) in MOUNTED:
            yield ObjectKey("", pointer.kind, namespace, pointer.name)


def with_template(live: LiveObject) -> Manifest:
    """A ControllerRevision holds the template of its StatefulSet or DaemonSet in `data`."""
    manifest = live.manifest()
    if live.gvk.kind != "ControllerRevision":
        return manifest
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": as_map(manifest.get("data")).get("spec")}
