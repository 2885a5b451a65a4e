"""Identity of Kubernetes objects and what we keep of live ones."""

from __future__ import annotations

from typing import Any

import msgspec

Manifest = dict[str, Any]
"""A Kubernetes object as JSON. Functions of the core never change one in place: they return a new one."""


class GVK(msgspec.Struct, frozen=True, order=True):
    """Group, version and kind: which endpoint serves an object."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @classmethod
    def of(cls, manifest: Manifest) -> GVK:
        group, _, version = str(manifest.get("apiVersion", "")).rpartition("/")
        return cls(group, version, str(manifest.get("kind", "")))

    def __str__(self) -> str:
        return f"{self.kind}.{self.api_version}"


class ObjectKey(msgspec.Struct, frozen=True, order=True):
    """The identity of an object across API versions. `namespace` is empty for cluster-scoped kinds."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, manifest: Manifest) -> ObjectKey:
        found = manifest.get("metadata")
        metadata = found if isinstance(found, dict) else {}
        gvk = GVK.of(manifest)
        return cls(gvk.group, gvk.kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


class Resource(msgspec.Struct, frozen=True):
    """What discovery says of one kind."""

    gvk: GVK
    plural: str
    namespaced: bool
    verbs: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()


class OwnerReference(msgspec.Struct, frozen=True, rename="camel"):
    kind: str
    name: str
    uid: str
    controller: bool = False


class ManagedFields(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of `metadata.managedFields`, its field set kept as the bytes that came."""

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    time: str = ""
    fields_v1: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"{}"), name="fieldsV1")


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """The part of `metadata` that we read of every live object."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()


class LiveObject(msgspec.Struct, frozen=True):
    """An object as the cluster answered: typed metadata beside the body's bytes.

    Bodies stay bytes because 12,000 objects are 35 MB so and 268 MB as dicts. `manifest()` decodes on demand.
    """

    gvk: GVK
    metadata: Metadata
    body: bytes

    @property
    def key(self) -> ObjectKey:
        return ObjectKey(self.gvk.group, self.gvk.kind, self.metadata.namespace, self.metadata.name)

    def manifest(self) -> Manifest:
        decoded: Manifest = msgspec.json.decode(self.body)
        return decoded
