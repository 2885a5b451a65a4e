"""What deleting an application would do: objects by what becomes of them, and what is lost with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

import msgspec

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.deletions import Also, DeletePlan, GoingObject, StayingObject
from cantata.core.model.objects import LiveObject, ObjectKey
from cantata.core.plan.finalizers import holders
from cantata.core.plan.prune import is_precious
from cantata.core.services.fields import as_map
from cantata.core.stamp import APPLICATION

CLAIM = ("", "PersistentVolumeClaim")
BUILT_IN = ("", "apps", "batch", "autoscaling", "policy")
OWN = "cantata"
"""The field manager that makes namespaces and definitions."""

EVENTS = ("", "events.k8s.io")
MADE_BY_KUBERNETES = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})
"""What every namespace holds."""


class Seen(msgspec.Struct, frozen=True):
    """What the cluster said. `claims` are those that StatefulSets have made, by the service of these;
    `policies` are the reclaim policies of the volumes of claims, by the claim's name."""

    live: Mapping[ObjectKey, LiveObject]
    claims: Mapping[ObjectKey, str] = {}
    policies: Mapping[str, str] = {}


def takes(record: ObjectRecord, also: Collection[Also]) -> bool:
    """Whether a delete of the application deletes this object. What its chart wants kept stays."""
    if not is_precious(record):
        return True
    return Also.CLAIMS in also and (record.key.group, record.key.kind) == CLAIM and not record.keep


def plan_deletion(
    application: str,
    inventory: Iterable[ObjectRecord],
    seen: Seen | None,
    also: Collection[Also],
    namespace: str,
    *,
    takes_namespace: bool = False,
    trouble: str = "",
) -> DeletePlan:
    """`seen` is None when the cluster could not be asked; `namespace` is a sentence on what becomes of it."""
    going: list[GoingObject] = []
    staying: list[StayingObject] = []
    known: set[ObjectKey] = set()
    for record in inventory:
        known.add(record.key)
        live = seen.live.get(record.key) if seen is not None else None
        if seen is not None and live is None:
            continue
        if takes(record, also):
            going.append(_going(record.key, record.service, live, seen))
        else:
            staying.append(StayingObject(record.key, record.service, _why(record)))
    for key, service in (seen.claims if seen is not None else {}).items():
        if key in known:
            continue
        if Also.CLAIMS in also:
            going.append(_going(key, service, None, seen))
        else:
            staying.append(StayingObject(key, service, "claims stay unless they are named (--with-claims)"))
    counts = Counter(each.key.kind for each in going)
    return DeletePlan(
        application,
        dict(sorted(counts.items())),
        tuple(sorted(going, key=lambda each: (each.service, each.key))),
        tuple(sorted(staying, key=lambda each: (each.service, each.key))),
        namespace,
        takes_namespace,
        trouble,
    )


def _going(key: ObjectKey, service: str, live: LiveObject | None, seen: Seen | None) -> GoingObject:
    manifest = live.manifest() if live is not None else {}
    return GoingObject(key, service, _loses(key, manifest, seen), holders(manifest))


def _loses(key: ObjectKey, manifest: dict[str, object], seen: Seen | None) -> str:
    if (key.group, key.kind) == CLAIM:
        policy = seen.policies.get(key.name, "") if seen is not None else ""
        return "" if policy == "Retain" else "the data of its volume" + ("" if policy else ", most likely")
    retention = as_map(as_map(manifest.get("spec")).get("persistentVolumeClaimRetentionPolicy"))
    if key.kind == "StatefulSet" and retention.get("whenDeleted") == "Delete":
        return "its claims with their data, by its persistentVolumeClaimRetentionPolicy"
    if key.group not in BUILT_IN and not key.group.endswith(".k8s.io"):
        return "whatever its operator deletes with it"
    return ""


def _why(record: ObjectRecord) -> str:
    if record.keep:
        return "its chart wants it kept (helm.sh/resource-policy)"
    if (record.key.group, record.key.kind) == CLAIM:
        return "claims stay unless they are named (--with-claims)"
    return f"a {record.key.kind} is never deleted with an application"


def made_by_us(namespace: LiveObject) -> bool:
    """Whether Cantata has made a namespace: its first field manager was ours."""
    entries = as_map(namespace.manifest().get("metadata")).get("managedFields")
    return isinstance(entries, list) and any(
        as_map(entry).get("manager") == OWN and as_map(entry).get("operation") == "Apply" for entry in entries
    )


def strangers(
    objects: Iterable[LiveObject],
    application_id: str,
    own: Collection[ObjectKey],
    staying: Collection[ObjectKey] = (),
) -> tuple[ObjectKey, ...]:
    """Of all that a namespace holds, what is neither the application's nor made by what is, nor by Kubernetes
    for every namespace; and what of the application is `staying`."""
    left = {live.metadata.uid: live for live in objects if not _everywhere(live)}
    ours = {
        uid
        for uid, live in left.items()
        if live.key not in staying
        and (live.key in own or live.metadata.labels.get(APPLICATION) == application_id)
    }
    services = {live.key.name for uid, live in left.items() if uid in ours and live.key.kind == "Service"}
    while True:
        more = {
            uid
            for uid, live in left.items()
            if uid not in ours
            and live.key not in staying
            and (
                any(owner.uid in ours for owner in live.metadata.owner_references)
                or (live.key.kind == "Endpoints" and live.key.name in services)
            )
        }
        if not more:
            return tuple(sorted(live.key for uid, live in left.items() if uid not in ours))
        ours |= more


def _everywhere(live: LiveObject) -> bool:
    if live.key.kind == "Event" and live.key.group in EVENTS:
        return True
    return live.key.group == "" and (live.key.kind, live.key.name) in MADE_BY_KUBERNETES
