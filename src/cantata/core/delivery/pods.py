"""The pod templates and containers of manifests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cantata.core.model.objects import Manifest
from cantata.core.stamp.templates import pod_spec

CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
ENV_SOURCES = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
"""The kind that each field of an item of `envFrom` names."""


def maps(value: Any) -> list[dict[str, Any]]:
    """The maps of a list; what has another shape is not ours to judge."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def child(value: Any, key: str) -> dict[str, Any]:
    """The map below a key, empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def listed(owner: Manifest, field: str) -> list[Any] | None:
    """The list below a field, empty where there is none; None for another shape, which the API server will
    refuse: nothing is put in its place."""
    found = owner.get(field)
    return [] if found is None else found if isinstance(found, list) else None


def all_containers(pod: Manifest) -> Iterator[Manifest]:
    for field in CONTAINERS:
        yield from maps(pod.get(field))


def pods(manifests: list[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Each manifest that has a pod template, with the pod's spec."""
    for manifest in manifests:
        pod = pod_spec(manifest)
        if pod is not None:
            yield manifest, pod


def source_variables(container: Manifest, manifests: list[Manifest]) -> frozenset[str]:
    """Names of the variables that the container takes by `envFrom` from objects among the manifests."""
    keys = {
        (str(manifest.get("kind")), str(child(manifest, "metadata").get("name"))): {
            *child(manifest, "data"),
            *child(manifest, "stringData"),
        }
        for manifest in manifests
        if manifest.get("apiVersion") == "v1" and manifest.get("kind") in ENV_SOURCES.values()
    }
    return frozenset(
        f"{source.get('prefix') or ''}{key}"
        for source in maps(container.get("envFrom"))
        for field, kind in ENV_SOURCES.items()
        for key in keys.get((kind, str(child(source, field).get("name"))), ())
    )
