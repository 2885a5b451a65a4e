"""Small manifests, what is delivered to them, and short ways to look at it."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Sequence
from typing import Any

from cantata.core.config import SecretText
from cantata.core.delivery import Delivered, Entry, deliver
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import Delivery
from cantata.core.stamp import pod_spec

NAME = "shop-config"
HOST = Entry(("db", "host"), "postgres", "postgres")
PORT = Entry(("db", "port"), "5432", 5432)
PASSWORD = Entry(("db", "password"), SecretText("s3cret"), SecretText("s3cret"))
LEVEL = Entry(("logLevel",), "info", "info")
CONFIG = (HOST, PASSWORD, PORT, LEVEL)

PLACES = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "Pod": "v1",
}


def keyed_hash(content: bytes) -> str:
    return hashlib.blake2b(content, key=b"key", digest_size=16).hexdigest()


def workload(pod: dict[str, Any], kind: str = "Deployment", name: str = "web") -> Manifest:
    spec: dict[str, Any] = {"template": {"spec": pod}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    if kind == "Pod":
        spec = pod
    metadata = {"name": name, "namespace": "dev"}
    return {"apiVersion": PLACES[kind], "kind": kind, "metadata": metadata, "spec": spec}


def one(**container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "app", **container}]}


def key_variable(name: str, key: str, field: str = "configMapKeyRef", **more: Any) -> dict[str, Any]:
    return {"name": name, "valueFrom": {field: {"name": NAME, "key": key, **more}}}


def run(
    *manifests: Manifest,
    entries: Sequence[Entry] = CONFIG,
    deliveries: Sequence[Delivery] = (),
    name: str = NAME,
    service: str = "web",
    release: str = "shop",
    rendered: Sequence[ObjectKey] = (),
) -> Delivered:
    before = copy.deepcopy(manifests)
    delivered = deliver(
        service,
        manifests,
        config_name=name,
        entries=entries,
        deliveries=deliveries,
        release=release,
        namespace="dev",
        keyed_hash=keyed_hash,
        rendered=rendered,
    )
    assert manifests == before, "inputs are never changed"
    return delivered


def pod_of(delivered: Delivered, index: int = 0) -> Manifest:
    pod = pod_spec(delivered.manifests[index])
    assert pod is not None
    return pod


def app(delivered: Delivered) -> Manifest:
    container: Manifest = pod_of(delivered)["containers"][0]
    return container


def data(delivered: Delivered) -> dict[str, dict[str, str]]:
    """The content of the objects by kind, in clear."""
    found = {}
    for manifest in delivered.objects:
        content = manifest["data"]
        if manifest["kind"] == "Secret":
            content = {key: base64.b64decode(text).decode() for key, text in content.items()}
        found[manifest["kind"]] = content
    return found


def names(delivered: Delivered) -> dict[str, str]:
    return {manifest["kind"]: manifest["metadata"]["name"] for manifest in delivered.objects}


def rules(delivered: Delivered) -> list[str]:
    return [finding.rule for finding in delivered.findings]
