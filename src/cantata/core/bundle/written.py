"""What somebody wrote of a live object, as far as that can be known.

Three witnesses, the best first: kubectl's copy of what was applied (an annotation), `managedFields` of
server-side apply, and `managedFields` of other writes. The last hold what the API server added, too, so its
defaults are taken out of them. Where no witness is left, all that is no default was written by somebody.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from cantata.core.bundle.defaults import without_defaults
from cantata.core.diff.drift import CONTROLLERS
from cantata.core.diff.owners import Owners
from cantata.core.model.objects import GVK, LiveObject, Manifest, Metadata, ObjectKey
from cantata.core.plan.effect import LAST_APPLIED
from cantata.core.services.fields import as_map, as_maps
from cantata.core.stamp import normalise
from cantata.core.stamp.marks import APPLICATION, REVISION, SERVICE
from cantata.core.stamp.merge_keys import Identity, identities
from cantata.core.stamp.normalise import SERVER_OWNED
from cantata.core.stamp.quantity import parse_quantity
from cantata.core.stamp.subset import PRESENCE, QUANTITIES, QUANTITY_MAPS
from cantata.core.stamp.templates import JOB_TEMPLATES, POD_TEMPLATES

CLIENT_APPLY = "kubectl-client-side-apply"
"""What this manager owns is what the annotation says, and defaults."""

IDENTITY = frozenset({("", "metadata"), ("metadata", "name"), ("metadata", "namespace")})
"""(the map, its key) that are an object's own, whoever wrote it."""
EMPTY: tuple[Any, ...] = ("", False, 0, {}, [])
NOISE = frozenset(
    {
        LAST_APPLIED, APPLICATION, REVISION, SERVICE,
        "apps.kubernetes.io/pod-index", "autoscaling.alpha.kubernetes.io/behavior",
        "autoscaling.alpha.kubernetes.io/conditions", "autoscaling.alpha.kubernetes.io/current-metrics",
        "autoscaling.alpha.kubernetes.io/metrics", "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name", "batch.kubernetes.io/job-tracking",
        "control-plane.alpha.kubernetes.io/leader", "controller-revision-hash", "controller-uid",
        "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas",
        "deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation", "job-name",
        "kubectl.kubernetes.io/restartedAt", "meta.helm.sh/release-name", "meta.helm.sh/release-namespace",
        "pod-template-hash", "pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller",
        "statefulset.kubernetes.io/pod-name", "volume.beta.kubernetes.io/storage-provisioner",
        "volume.kubernetes.io/selected-node", "volume.kubernetes.io/storage-provisioner",
    }
)  # fmt: skip
"""Labels and annotations that a cluster, a tool or we have put on."""

FINALIZERS = ("foregroundDeletion", "orphan")
TOKEN_VOLUME = "kube-api-access-"
NODE_TOLERATIONS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def is_live(manifest: Manifest) -> bool:
    """Whether an object was read from a cluster: `kubectl get -o yaml` writes such files."""
    metadata = manifest.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("uid") or metadata.get("managedFields"))


def written(live: Manifest) -> Manifest:
    """A new manifest with what somebody wrote, values as they are now. Of Secrets the data is in `data`."""
    said = last_applied(live)
    if not isinstance(said, dict) or GVK.of(said) != GVK.of(live):
        said = {}
    people = _people(live, without=CLIENT_APPLY if said else "")
    live, _ = normalise(live)
    kept: Manifest = live
    explicit: Manifest = said
    if said or people.entries:
        kept = {**_head(live), **_Keeping(live).map(live, said, people, "")}
        applied = Owners(tuple(each for each in people.entries if each[0].operation == "Apply"))
        explicit = _Keeping(live, whole=False).map(live, said, applied, "") if applied.entries else said
    clean = without_defaults(_without_server_fields(kept), explicit)
    return _without_pod_noise(clean)


def last_applied(live: Manifest) -> Any:
    """What `kubectl apply` sent last; None where it is not known or cannot be read."""
    annotations = (live.get("metadata") or {}).get("annotations")
    text = annotations.get(LAST_APPLIED) if isinstance(annotations, dict) else None
    try:
        found = msgspec.json.decode(text) if isinstance(text, str) else None
        return normalise(found)[0] if isinstance(found, dict) else None
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None


def _people(live: Manifest, *, without: str) -> Owners:
    """Who owns what, parts of the cluster left out. Nobody where one of them wrote by another API version:
    its field names cannot be compared."""
    others = CONTROLLERS | {without}
    for each in as_maps(as_map(live.get("metadata")).get("managedFields")):
        foreign = each.get("apiVersion") != live.get("apiVersion") and each.get("subresource") != "status"
        if foreign and str(each.get("manager")) not in others:
            return Owners()
    owners = Owners.of(LiveObject(GVK.of(live), Metadata(), msgspec.json.encode(live)))
    return Owners(tuple(each for each in owners.entries if each[0].manager not in others))


def _head(live: Manifest) -> Manifest:
    """What identifies an object belongs to nobody in `managedFields`, nor does the data of a Secret that was
    applied as `stringData`."""
    fields = ("apiVersion", "kind", *(("data",) if ObjectKey.of(live).kind == "Secret" else ()))
    return {field: live[field] for field in fields if field in live}


class _Keeping:
    """The part of a live object that the last apply has (`said`) or that somebody owns. What is owned as a
    whole may hold defaults of the server; without `whole` nothing of its inside is kept."""

    def __init__(self, live: Manifest, *, whole: bool = True) -> None:
        self._kind = GVK.of(live).kind
        self._whole = whole

    def map(self, live: Manifest, said: Any, owners: Owners, field: str) -> Manifest:
        mine = said if isinstance(said, dict) else {}
        kept: Manifest = {}
        for name, value in live.items():
            theirs = owners.field(name)
            present = value == {} and name in PRESENCE
            if name in mine or theirs.entries or (field, name) in IDENTITY or present:
                kept[name] = self.value(value, mine.get(name), theirs, name, field)
        # What is empty the API server may drop; whoever wrote it wants to see it again.
        empty = {name: value for name, value in mine.items() if name not in live and value in EMPTY}
        return {name: (kept | empty)[name] for name in (*mine, *kept) if name in kept or name in empty}

    def value(self, live: Any, said: Any, owners: Owners, field: str, parent: str) -> Any:
        if not self._whole and said is None and all(not fields for _, fields in owners.entries):
            return type(live)()
        if isinstance(live, dict):
            return self.map(live, said, owners, field)
        if isinstance(live, list):
            return self.items(live, said, owners, field)
        return said if _same(said, live, field, parent) else live

    def items(self, live: list[Any], said: Any, owners: Owners, field: str) -> list[Any]:
        mine = said if isinstance(said, list) else []
        partners = self._partners(field, live, mine)
        kept: list[Any] = []
        for item, partner in zip(live, partners, strict=True):
            theirs = owners.item(item)
            if partner is not None or theirs.entries:
                kept.append(self.value(item, partner, theirs, "", field))
        return kept

    def _partners(self, field: str, live: list[Any], said: list[Any]) -> list[Any]:
        """For each live item what was applied of it, None where nothing was."""
        names, mine = identities(field, live, self._kind), identities(field, said, self._kind)
        if names is not None and mine is not None:
            by_name: dict[Identity, Any] = dict(zip(mine, said, strict=True))
            return [by_name.get(name) for name in names]
        if not said:
            return [None] * len(live)
        # Of another length: what was applied tells nothing of single items any more, so they all stay.
        return said if len(said) == len(live) else live


def _same(said: Any, live: Any, field: str, parent: str) -> bool:
    """Two ways to write one scalar: the API server writes `1000m` as `1`."""
    if said is None:
        return False
    if parent in QUANTITY_MAPS or field in QUANTITIES:
        left, right = parse_quantity(str(said)), parse_quantity(str(live))
        return left is not None and left == right
    return type(said) is type(live) and bool(said == live)


def _without_server_fields(manifest: Manifest) -> Manifest:
    return {**manifest, "metadata": clean_metadata(manifest.get("metadata"))}


def clean_metadata(found: Any) -> Manifest:
    """Without what the server, controllers or tools have written. Maps that are left empty go."""
    metadata = found if isinstance(found, dict) else {}
    dropped = (*SERVER_OWNED, "ownerReferences", "generateName", "deletionGracePeriodSeconds")
    kept = {name: value for name, value in metadata.items() if name not in dropped and value is not None}
    for field in ("labels", "annotations"):
        if isinstance(kept.get(field), dict):
            kept[field] = {name: value for name, value in kept[field].items() if name not in NOISE}
    finalizers = kept.get("finalizers")
    if isinstance(finalizers, list):
        kept["finalizers"] = [each for each in finalizers if not _of_the_cluster(str(each))]
    return {name: value for name, value in kept.items() if value not in ({}, [])}


def _of_the_cluster(finalizer: str) -> bool:
    domain = finalizer.partition("/")[0]
    return finalizer in FINALIZERS or domain == "kubernetes.io" or domain.endswith(".kubernetes.io")


def _without_pod_noise(manifest: Manifest) -> Manifest:
    """Pod templates have metadata of their own; a pod has what its node and the token controller need."""
    gvk = GVK.of(manifest)
    for paths in (JOB_TEMPLATES, POD_TEMPLATES):
        path = paths.get((gvk.group, gvk.kind))
        if path:
            manifest = _at(manifest, path)
    if (gvk.group, gvk.kind) == ("", "Pod") and isinstance(manifest.get("spec"), dict):
        return {**manifest, "spec": _pod_spec(manifest["spec"])}
    return manifest


def _at(manifest: Manifest, path: tuple[str, ...]) -> Manifest:
    if path:
        inner = manifest.get(path[0])
        return {**manifest, path[0]: _at(inner, path[1:])} if isinstance(inner, dict) else manifest
    metadata = clean_metadata(manifest.get("metadata"))
    rest = {name: value for name, value in manifest.items() if name != "metadata"}
    return {"metadata": metadata, **rest} if metadata else rest


def _pod_spec(spec: Manifest) -> Manifest:
    kept = dict(spec)
    for field in ("containers", "initContainers"):
        if isinstance(kept.get(field), list):
            kept[field] = [
                _without(each, "volumeMounts", "name", TOKEN_VOLUME) for each in as_maps(kept[field])
            ]
    kept = _without(kept, "volumes", "name", TOKEN_VOLUME)
    for key in NODE_TOLERATIONS:
        kept = _without(kept, "tolerations", "key", key)
    return kept


def _without(value: Manifest, field: str, name: str, prefix: str) -> Manifest:
    """Without the items of the list `field` whose `name` begins so; an empty list goes."""
    items = value.get(field)
    if not isinstance(items, list):
        return value
    left = [each for each in items if not (isinstance(each, dict) and str(each.get(name)).startswith(prefix))]
    rest = {key: item for key, item in value.items() if key != field}
    return {**rest, field: left} if left else rest


def canonical_secret(manifest: Manifest) -> Manifest:
    """A Secret whose base64 is written in the one way that every encoder gives; what is none stays."""
    data = manifest.get("data")
    if not isinstance(data, dict):
        return manifest
    return {**manifest, "data": {name: _canonical(value) for name, value in data.items()}}


def _canonical(value: Any) -> Any:
    try:
        return base64.b64encode(base64.b64decode("".join(str(value).split()), validate=True)).decode()
    except ValueError:
        return value
