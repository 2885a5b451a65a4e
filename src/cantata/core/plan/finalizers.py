"""Who takes a finalizer away: a controller that Kubernetes documents, else who has set it."""

from __future__ import annotations

from collections.abc import Iterator

from cantata.core.model.deletions import Holder
from cantata.core.model.objects import Manifest
from cantata.core.services.fields import as_map

KNOWN = {
    "foregroundDeletion": "the garbage collector, once all that it owns is gone",
    "orphan": "the garbage collector",
    "kubernetes": "the namespace controller, once the namespace is empty",
    "kubernetes.io/pvc-protection": "Kubernetes, once no pod uses the claim",
    "kubernetes.io/pv-protection": "Kubernetes, once no claim uses the volume",
    "service.kubernetes.io/load-balancer-cleanup": "the cloud provider's load balancer controller",
    "batch.kubernetes.io/job-tracking": "the Job controller",
    "customresourcecleanup.apiextensions.k8s.io": "the API server, once no object of the kind is left",
}
"""Those of Kubernetes itself, from its documentation."""


def holders(manifest: Manifest) -> tuple[Holder, ...]:
    """Of a live object, in the order of its finalizers."""
    metadata = as_map(manifest.get("metadata"))
    finalizers = metadata.get("finalizers")
    managers = metadata.get("managedFields")
    entries = [as_map(entry) for entry in managers] if isinstance(managers, list) else []
    names = finalizers if isinstance(finalizers, list) else []
    return tuple(Holder(str(name), _owner(str(name), entries)) for name in names)


def _owner(finalizer: str, entries: list[Manifest]) -> str:
    if finalizer in KNOWN:
        return KNOWN[finalizer]
    setters = dict.fromkeys(_setters(finalizer, entries))
    if setters:
        return f"set by {', '.join(setters)}"
    domain = finalizer.partition("/")[0] if "/" in finalizer else finalizer.partition(".")[2]
    return f"whoever runs {domain}" if domain else "nobody knows whom"


def _setters(finalizer: str, entries: list[Manifest]) -> Iterator[str]:
    for entry in entries:
        fields = as_map(as_map(as_map(entry.get("fieldsV1")).get("f:metadata")).get("f:finalizers"))
        if f'v:"{finalizer}"' in fields:
            yield str(entry.get("manager", ""))
