"""Label and annotations on the manifests that we send."""

from __future__ import annotations

from typing import Any

from cantata.core.model.objects import GVK, Manifest
from cantata.core.stamp.marks import APPLICATION, REVISION, SERVICE
from cantata.core.stamp.templates import JOB_TEMPLATES, POD_TEMPLATES


def stamp(manifest: Manifest, *, application_id: str, service: str, revision: int) -> Manifest:
    """A new manifest with the application's label on the object and on its pod template, and the
    annotations of service and revision on the object only.

    Annotations stay off pod templates, since a change there would replace the pods. Selectors and claim
    templates are never touched, since they are immutable. What the chart says of these names is replaced.
    """
    gvk = GVK.of(manifest)
    label = {APPLICATION: application_id}
    stamped = _with(manifest, (), label, {SERVICE: service, REVISION: str(revision)})
    for paths in (JOB_TEMPLATES, POD_TEMPLATES):
        path = paths.get((gvk.group, gvk.kind))
        if path:
            stamped = _with(stamped, path, label, {})
    return stamped


def _with(
    manifest: Manifest, path: tuple[str, ...], labels: dict[str, str], annotations: dict[str, str]
) -> Manifest:
    """A copy with these in the `metadata` under `path`; unchanged when there is no map at `path`."""
    if path:
        inner = manifest.get(path[0])
        if not isinstance(inner, dict):
            return manifest
        return {**manifest, path[0]: _with(inner, path[1:], labels, annotations)}
    metadata = dict(_map(manifest.get("metadata")))
    if labels:
        metadata["labels"] = {**_map(metadata.get("labels")), **labels}
    if annotations:
        metadata["annotations"] = {**_map(metadata.get("annotations")), **annotations}
    return {**manifest, "metadata": metadata}


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
