"""Where each workload kind keeps its pod template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cantata.core.model.objects import GVK, Manifest

POD_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): ("spec", "template"),
}
"""(group, kind) → the path to the map that holds the pods' `metadata` and `spec`; a Pod is its own."""

JOB_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {("batch", "CronJob"): ("spec", "jobTemplate")}
"""Templates of objects that are no pods."""


def is_workload(manifest: Manifest) -> bool:
    gvk = GVK.of(manifest)
    return (gvk.group, gvk.kind) in POD_TEMPLATES


def pod_template(manifest: Manifest) -> Manifest | None:
    """The map with the pods' `metadata` and `spec`, or None for what is no workload or has none."""
    gvk = GVK.of(manifest)
    path = POD_TEMPLATES.get((gvk.group, gvk.kind))
    if path is None:
        return None
    found: Any = manifest
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def pod_spec(manifest: Manifest) -> Manifest | None:
    spec = (pod_template(manifest) or {}).get("spec")
    return spec if isinstance(spec, dict) else None
