"""Which objects of a namespace somebody put there, and which a cluster makes of them by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from cantata.core.bundle.gather import Source
from cantata.core.bundle.written import is_live
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services.fields import annotations_of, as_map, as_maps, labels_of

GENERATED_KINDS: dict[tuple[str, str], str] = {
    ("", "Event"): "events tell what happened",
    ("events.k8s.io", "Event"): "events tell what happened",
    ("", "Node"): "nodes are the cluster's",
    ("apps", "ControllerRevision"): "controllers keep their history in it",
    ("coordination.k8s.io", "Lease"): "who leads is agreed anew in every namespace",
    ("discovery.k8s.io", "EndpointSlice"): "made by the cluster for a Service",
    ("metrics.k8s.io", "PodMetrics"): "measured, not written",
}
"""(group, kind) → why no object of it was written by anybody."""

CLUSTER_CONFIG_MAPS = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert"})
SECRET_TYPES: dict[str, str] = {
    "kubernetes.io/service-account-token": "a token of a ServiceAccount",
    "bootstrap.kubernetes.io/token": "a token for new nodes",
    "helm.sh/release.v1": "Helm keeps a release in it: import that by --release",
}
CERTIFICATE = "cert-manager.io/certificate-name"
MIRROR = "kubernetes.io/config.mirror"
OLD_GROUPS = ("extensions",)
"""Groups whose objects newer ones serve as well."""


class LeftOut(msgspec.Struct, frozen=True, order=True):
    """An object that is not in the template, and why."""

    key: ObjectKey
    reason: str


def choose(sources: Sequence[Source]) -> tuple[tuple[Source, ...], tuple[LeftOut, ...]]:
    """Those that somebody wrote, in their order, and the others. What was not read from a cluster stays."""
    claims = tuple(_claim_names(sources))
    selecting = frozenset(_selecting_services(sources))
    served = _served_better(sources)
    kept: list[Source] = []
    left: list[LeftOut] = []
    for source in sources:
        manifest = source.manifest
        if not is_live(manifest):
            kept.append(source)
            continue
        if id(source) in served:
            continue
        reason = next((found for rule in RULES if (found := rule(manifest))), "")
        reason = reason or _of_a_set(source.key, claims) or _of_a_service(source.key, selecting)
        if reason:
            left.append(LeftOut(source.key, reason))
        else:
            kept.append(source)
    return tuple(kept), tuple(sorted(left))


def _owned(manifest: Manifest) -> str:
    owners = as_maps(as_map(manifest.get("metadata")).get("ownerReferences"))
    owner = next((each for each in owners if each.get("controller") is True), owners[0] if owners else None)
    return f"made by {owner.get('kind')} {owner.get('name')}" if owner else ""


def _going(manifest: Manifest) -> str:
    return "being deleted" if as_map(manifest.get("metadata")).get("deletionTimestamp") else ""


def _generated(manifest: Manifest) -> str:
    key = ObjectKey.of(manifest)
    return GENERATED_KINDS.get((key.group, key.kind), "")


def _of_every_namespace(manifest: Manifest) -> str:
    key = ObjectKey.of(manifest)
    if (key.group, key.kind) == ("", "ConfigMap"):
        if key.name in CLUSTER_CONFIG_MAPS:
            return "in every namespace"
        if labels_of(manifest).get("owner") == "helm" and "release" in as_map(manifest.get("data")):
            return SECRET_TYPES["helm.sh/release.v1"]
    if (key.group, key.kind, key.name) == ("", "ServiceAccount", "default"):
        extra = manifest.get("imagePullSecrets") or manifest.get("automountServiceAccountToken") is not None
        return f"in every namespace{'; what was added to it is not imported' if extra else ''}"
    return ""


def _issued(manifest: Manifest) -> str:
    key = ObjectKey.of(manifest)
    if (key.group, key.kind) != ("", "Secret"):
        return ""
    if CERTIFICATE in annotations_of(manifest):
        return f"issued for Certificate {annotations_of(manifest)[CERTIFICATE]}"
    return SECRET_TYPES.get(str(manifest.get("type")), "")


def _static(manifest: Manifest) -> str:
    return "a node runs it of its own" if MIRROR in annotations_of(manifest) else ""


RULES: tuple[Callable[[Manifest], str], ...] = (
    _going,
    _generated,
    _owned,
    _of_every_namespace,
    _issued,
    _static,
)
"""Each says why an object is left out, or nothing."""


def _claim_names(sources: Iterable[Source]) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """(namespace, StatefulSet, names of the claims that it makes)."""
    for source in sources:
        if (source.key.group, source.key.kind) != ("apps", "StatefulSet"):
            continue
        for template in as_maps(as_map(source.manifest.get("spec")).get("volumeClaimTemplates")):
            name = str(as_map(template.get("metadata")).get("name"))
            pattern = re.compile(rf"{re.escape(name)}-{re.escape(source.key.name)}-\d+")
            yield source.key.namespace, source.key.name, pattern


def _of_a_set(key: ObjectKey, claims: Iterable[tuple[str, str, re.Pattern[str]]]) -> str:
    if (key.group, key.kind) != ("", "PersistentVolumeClaim"):
        return ""
    found = (name for space, name, names in claims if space == key.namespace and names.fullmatch(key.name))
    name = next(found, "")
    return f"made by StatefulSet {name}" if name else ""


def _selecting_services(sources: Iterable[Source]) -> Iterator[tuple[str, str]]:
    for source in sources:
        spec = as_map(source.manifest.get("spec"))
        if (source.key.group, source.key.kind) == ("", "Service") and spec.get("selector"):
            yield source.key.namespace, source.key.name


def _of_a_service(key: ObjectKey, selecting: frozenset[tuple[str, str]]) -> str:
    """Endpoints of a Service without selector are somebody's own."""
    if (key.group, key.kind) != ("", "Endpoints"):
        return ""
    return f"made by the cluster for Service {key.name}" if (key.namespace, key.name) in selecting else ""


def _served_better(sources: Iterable[Source]) -> set[int]:
    """Objects that another group serves as well, by their UIDs."""
    by_uid: dict[str, Source] = {}
    worse: set[int] = set()
    for source in sources:
        uid = str(as_map(source.manifest.get("metadata")).get("uid") or "")
        other = by_uid.get(uid) if uid else None
        if other is None:
            by_uid[uid] = source
        elif source.key.group in OLD_GROUPS:
            worse.add(id(source))
        elif other.key.group in OLD_GROUPS:
            worse.add(id(other))
            by_uid[uid] = source
    return worse
