"""The service's own ConfigMaps and Secrets, named by their content."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cantata.core.delivery.entries import Entry
from cantata.core.delivery.names import object_name
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import UpdateMode
from cantata.errors import CantataError, Category

MAX_BYTES = 1 << 20
"""Of all values of one ConfigMap or Secret, as the API server counts them."""


class DeliveryTooLarge(CantataError):
    """The entries that a service uses do not fit into one ConfigMap or Secret."""

    category = Category.LIMIT


@dataclass(slots=True)
class Bucket:
    """What becomes one object. References point here before its name, which depends on all of its content,
    is known: `sites` are the maps and fields to write it into."""

    kind: str
    mode: UpdateMode
    data: dict[str, str] = field(default_factory=dict)
    sites: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    @property
    def secret(self) -> bool:
        return self.kind == "Secret"

    def add(self, key: str, text: str) -> None:
        self.data[key] = text

    def point(self, target: dict[str, Any], name_field: str) -> None:
        target[name_field] = ""
        self.sites.append((target, name_field))

    def holds(self, target: dict[str, Any]) -> bool:
        """Whether a reference points here."""
        return any(site is target for site, _ in self.sites)

    def close(
        self, service: str, release: str, namespace: str, keyed_hash: Callable[[bytes], str]
    ) -> Manifest | None:
        """The object, its name written to all sites; None for an empty one. Raises `DeliveryTooLarge`."""
        if not self.data:
            return None
        rollout = self.mode is UpdateMode.ROLLOUT
        content_hash = self._hash(release, service, keyed_hash) if rollout else ""
        name = object_name(release, service, self.kind, content_hash)
        for target, name_field in self.sites:
            target[name_field] = name
        return config_object(self.kind, name, namespace, self.data, f"service {service}", immutable=rollout)

    def _hash(self, release: str, service: str, keyed_hash: Callable[[bytes], str]) -> str:
        """Release and service are part of it: `a-b` with `c` and `a` with `b-c` never share an object."""
        content = msgspec.json.encode([self.kind, release, service, sorted(self.data.items())])
        digest = keyed_hash(content).encode() if self.secret else content
        return hashlib.sha256(digest).hexdigest()


@dataclass(slots=True)
class Buckets:
    """Up to four objects of one service: ConfigMap and Secret, replaced by rollout and changed in place."""

    _known: dict[tuple[UpdateMode, bool], Bucket] = field(default_factory=dict)

    def of(self, secret: bool, mode: UpdateMode) -> Bucket:
        kind = "Secret" if secret else "ConfigMap"
        return self._known.setdefault((mode, secret), Bucket(kind, mode))

    def all(self) -> list[Bucket]:
        return [self._known[key] for key in sorted(self._known)]


def config_object(
    kind: str, name: str, namespace: str, data: dict[str, str], subject: str, *, immutable: bool
) -> Manifest:
    """Raises `DeliveryTooLarge`."""
    sizes = {key: len(text.encode()) for key, text in data.items()}
    size = sum(sizes.values())
    if size > MAX_BYTES:
        raise DeliveryTooLarge(
            f"the config entries of {subject} have {size} bytes, a {kind} holds {MAX_BYTES}",
            subject=subject,
            hint=f"The largest is {max(sizes, key=sizes.__getitem__)}. Select fewer keys (`keys:`, `key:`), "
            "or keep large files in the image or a volume.",
        )
    ordered = {key: data[key] for key in sorted(data)}
    if kind == "Secret":
        ordered = {key: base64.b64encode(text.encode()).decode() for key, text in ordered.items()}
    manifest: Manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": ordered}
    if namespace:
        manifest["metadata"]["namespace"] = namespace
    if kind == "Secret":
        manifest["type"] = "Opaque"
    if immutable:
        manifest["immutable"] = True
    return manifest


def shared_object(entries: Iterable[Entry], name: str, namespace: str) -> Manifest:
    """The un-hashed ConfigMap of the config's own name, with all entries but the secret ones: who reads it
    reads all of it, so secrets go only where a service refers to them by key. Raises `DeliveryTooLarge`."""
    data = {entry.key: entry.reveal() for entry in entries if not entry.secret}
    return config_object("ConfigMap", name, namespace, data, f"config {name}", immutable=False)
