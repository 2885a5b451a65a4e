"""The number of pods is left to whoever scales: the same in a deploy and in its preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cantata.core.model.objects import GVK, LiveObject, Manifest

SCALABLE = frozenset({("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet")})
REPLICAS = ".spec.replicas"


def with_live_replicas(manifest: Manifest, live: LiveObject) -> Manifest:
    """A manifest that says nothing of replicas sends the live number: leaving out a field that only we own
    would reset it to its default. Zero is none to keep: where it is somebody else's, leaving it out changes
    nothing, and where it was ours, the service was paused until now."""
    gvk = GVK.of(manifest)
    spec: Mapping[str, Any] = manifest.get("spec") or {}
    if (gvk.group, gvk.kind) not in SCALABLE or "replicas" in spec:
        return manifest
    replicas = (live.manifest().get("spec") or {}).get("replicas")
    return manifest if not replicas else {**manifest, "spec": {**spec, "replicas": replicas}}


def is_autoscaler(manager: str, subresource: str) -> bool:
    """Whoever scales through the subresource that is for it, but for a person who does."""
    return subresource == "scale" and not manager.startswith("kubectl")


def without_scaled(manifest: Manifest, autoscaled: Iterable[str], *, scaled: bool = False) -> Manifest:
    """What is sent by force after a conflict in which autoscalers own these fields: without the replicas if
    these are among them, unless `scaled` says that their number was asked for."""
    if scaled or REPLICAS not in autoscaled:
        return manifest
    return {**manifest, "spec": {key: item for key, item in manifest["spec"].items() if key != "replicas"}}
