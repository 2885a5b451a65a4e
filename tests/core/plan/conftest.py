"""Objects as they are wanted, recorded and live."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import GVK, LiveObject, Manifest, Metadata
from cantata.core.plan import Desired
from cantata.core.stamp import fingerprint

Answer = Callable[..., LiveObject]
Record = Callable[..., ObjectRecord]

CONFIG_MAP: Manifest = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "shop"},
    "data": {"colour": "red"},
}
SECRET: Manifest = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "password", "namespace": "shop"},
    "data": {"password": "aHVudGVyMg=="},
}
JOB: Manifest = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "migrate", "namespace": "shop", "labels": {"app": "shop"}},
    "spec": {
        "backoffLimit": 2,
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "m:1"}]}},
    },
}


@pytest.fixture
def config_map() -> Manifest:
    return copy.deepcopy(CONFIG_MAP)


@pytest.fixture
def secret() -> Manifest:
    return copy.deepcopy(SECRET)


@pytest.fixture
def job() -> Manifest:
    return copy.deepcopy(JOB)


@pytest.fixture
def answer() -> Answer:
    """The API server's answer for a manifest: metadata of its own, and what else it or others set."""

    def make(manifest: Manifest, *, uid: str = "u1", version: str = "10", **more: Any) -> LiveObject:
        found = copy.deepcopy(manifest)
        found["metadata"] |= {"uid": uid, "resourceVersion": version, **more.pop("metadata", {})}
        found |= more
        metadata = msgspec.convert(found["metadata"], Metadata)
        return LiveObject(GVK.of(manifest), metadata, msgspec.json.encode(found))

    return make


@pytest.fixture
def record() -> Record:
    """What is recorded once `live` was the answer to `manifest`."""

    def make(manifest: Manifest, live: LiveObject, **more: Any) -> ObjectRecord:
        desired = Desired.of(manifest, "web")
        made = ObjectRecord(
            desired.key,
            desired.gvk,
            "web",
            desired=desired.digest,
            uid=live.metadata.uid,
            fingerprint=fingerprint(live.manifest()),
            resource_version=live.metadata.resource_version,
            immutable=desired.immutable,
        )
        return msgspec.structs.replace(made, **more)

    return make
