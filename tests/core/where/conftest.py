"""Recorded services and live objects, small enough to read."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.core.model.applications import ServiceVersion
from cantata.core.model.objects import GVK, LiveObject, Manifest, Metadata
from cantata.core.where import Owner, RecordedService

OWNER = Owner("shop", "web", "shop-config")
HASHES = {"old": "aaaaaaaaaa", "new": "bbbbbbbbbb"}


def name_of(value: str) -> str:
    return f"shop-web-config-{HASHES[value]}"


def config_map(
    name: str, data: dict[str, str], *, immutable: bool = True, kind: str = "ConfigMap"
) -> Manifest:
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data}
    return {**manifest, "immutable": True} if immutable else manifest


def pod_spec(config: str = "", text: str = "") -> dict[str, Any]:
    """`config` is the object that the variable GREETING comes from, `text` a plain variable."""
    reference = {"configMapKeyRef": {"name": config, "key": "greeting"}}
    env = [{"name": "GREETING", "valueFrom": reference}] if config else []
    env += [{"name": "TEXT", "value": text}] if text else []
    return {"containers": [{"name": "main", "image": "x:1", "env": env}]}


def workload(spec: dict[str, Any], kind: str = "Deployment", replicas: int = 1) -> Manifest:
    return {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": {"name": "shop-web"},
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": {"app": "web"}}, "spec": spec}},
    }


def recorded(
    number: int, *manifests: Manifest, keys: tuple[str, ...] = ("greeting",), also: tuple[int, ...] = ()
) -> RecordedService:
    version = ServiceVersion(
        "web", 1, (), "", f"inputs-{number}", f"manifests-{number}", "", number, keys=keys
    )
    return RecordedService(frozenset({number, *also}), version, manifests)


def live(
    kind: str,
    name: str,
    *,
    owner: LiveObject | None = None,
    revision: int = 0,
    labels: dict[str, str] | None = None,
    **body: Any,
) -> LiveObject:
    """As an informer gives it: items of lists come without kind and version."""
    groups = {"Pod": "v1", "ConfigMap": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}
    gvk = GVK.of({"apiVersion": groups.get(kind, "apps/v1"), "kind": kind})
    metadata: dict[str, Any] = {"name": name, "uid": f"{kind}-{name}", "labels": labels or {}}
    metadata["annotations"] = {"cantata.dev/revision": str(revision)} if revision else {}
    if owner is not None:
        reference = {"kind": owner.gvk.kind, "name": owner.metadata.name, "uid": owner.metadata.uid}
        metadata["ownerReferences"] = [{**reference, "controller": True}]
    more = body.pop("metadata", {})
    metadata |= {**more, "labels": {**more.get("labels", {}), **metadata["labels"]}}
    text = msgspec.json.encode({"metadata": metadata, **body})
    return LiveObject(gvk, msgspec.convert(metadata, Metadata), text)
