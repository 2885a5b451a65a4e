"""The service's own ConfigMaps and Secrets, named by their content."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cantata.core.delivery.entries import Entry
from cantata.core.delivery.names import object_name
from cantata.core.delivery.packing import fits, pack, too_large
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import UpdateMode


@dataclass(frozen=True, slots=True)
class Closed:
    """The objects that a bucket became, and by key the name of the one that holds it."""

    objects: tuple[Manifest, ...]
    names: Mapping[str, str]


@dataclass(slots=True)
class Bucket:
    """What becomes one object, or several where it is too much for one. References to a key point here before
    the name, which depends on all of the content, is known: `sites` are the maps to write it into."""

    kind: str
    mode: UpdateMode
    entries: dict[str, Entry] = field(default_factory=dict)
    sites: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    @property
    def secret(self) -> bool:
        return self.kind == "Secret"

    def add(self, entry: Entry) -> None:
        self.entries[entry.key] = entry

    def point(self, reference: dict[str, Any], key: str) -> None:
        """`name` of the reference will be that of the object which holds the key."""
        reference["name"] = ""
        self.sites.append((reference, key))

    def holds(self, reference: dict[str, Any]) -> bool:
        """Whether a reference points here."""
        return any(site is reference for site, _ in self.sites)

    def close(
        self,
        service: str,
        called: str,
        release: str,
        namespace: str,
        keyed_hash: Callable[[bytes], str],
    ) -> Closed:
        """The objects, their names written to all sites; `called` is what those begin with. Raises
        `DeliveryTooLarge`."""
        rollout = self.mode is UpdateMode.ROLLOUT
        subject = f"service {service}"
        entries = list(self.entries.values())
        if not rollout and not fits(entries):
            raise too_large(
                entries,
                self.kind,
                f"the entries that {subject} takes with `update: inPlace`",
                subject,
                "What changes in place cannot be split. Select fewer keys, or use `update: rollout`.",
            )
        objects: list[Manifest] = []
        names: dict[str, str] = {}
        for part in pack(entries, self.kind, subject) if rollout else [entries] if entries else []:
            data = {entry.key: entry.reveal() for entry in part}
            content_hash = self._hash(data, release, called, keyed_hash) if rollout else ""
            name = object_name(release, called, self.kind, content_hash)
            objects.append(config_object(self.kind, name, namespace, data, immutable=rollout))
            names |= dict.fromkeys(data, name)
        for reference, key in self.sites:
            reference["name"] = names[key]
        return Closed(tuple(objects), names)

    def _hash(
        self, data: Mapping[str, str], release: str, service: str, keyed_hash: Callable[[bytes], str]
    ) -> str:
        """Release and service are part of it: `a-b` with `c` and `a` with `b-c` never share an object."""
        content = msgspec.json.encode([self.kind, release, service, sorted(data.items())])
        digest = keyed_hash(content).encode() if self.secret else content
        return hashlib.sha256(digest).hexdigest()


@dataclass(slots=True)
class Buckets:
    """Up to four of one service: ConfigMap and Secret, replaced by rollout and changed in place."""

    _known: dict[tuple[UpdateMode, bool], Bucket] = field(default_factory=dict)

    def of(self, secret: bool, mode: UpdateMode) -> Bucket:
        kind = "Secret" if secret else "ConfigMap"
        return self._known.setdefault((mode, secret), Bucket(kind, mode))

    def close(
        self,
        service: str,
        called: str,
        release: str,
        namespace: str,
        keyed_hash: Callable[[bytes], str],
    ) -> dict[tuple[UpdateMode, bool], Closed]:
        """By mode and secrecy. Raises `DeliveryTooLarge`."""
        return {
            key: self._known[key].close(service, called, release, namespace, keyed_hash)
            for key in sorted(self._known)
        }


def config_object(
    kind: str, name: str, namespace: str, data: Mapping[str, str], *, immutable: bool
) -> Manifest:
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
    plain = [entry for entry in entries if not entry.secret]
    if not fits(plain):
        raise too_large(
            plain,
            "ConfigMap",
            f"the entries of config {name}",
            f"config {name}",
            "The config's name stands where references are not rewritten, so one object must hold all of it. "
            "Name the config there in another way, or keep large files out of it.",
        )
    return config_object(
        "ConfigMap", name, namespace, {entry.key: entry.reveal() for entry in plain}, immutable=False
    )
