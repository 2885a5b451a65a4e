"""The pod templates and containers of manifests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cantata.core.model.objects import Manifest
from cantata.core.stamp.templates import pod_spec

CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def maps(value: Any) -> list[dict[str, Any]]:
    """The maps of a list; what has another shape is not ours to judge."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def child(value: Any, key: str) -> dict[str, Any]:
    """The map below a key, empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def all_containers(pod: Manifest) -> Iterator[Manifest]:
    for field in CONTAINERS:
        yield from maps(pod.get(field))


def pods(manifests: list[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Each manifest that has a pod template, with the pod's spec."""
    for manifest in manifests:
        pod = pod_spec(manifest)
        if pod is not None:
            yield manifest, pod
