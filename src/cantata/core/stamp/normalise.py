"""What server-side apply would refuse or misread, taken out of a rendered manifest before it is sent."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.stamp.merge_keys import Identity, identity
from cantata.core.stamp.templates import POD_TEMPLATES, pod_spec

SERVER_OWNED = ("creationTimestamp", "deletionTimestamp", "generation", "managedFields", "resourceVersion",
                "selfLink", "uid")  # fmt: skip
"""`metadata` that only the server writes; exported manifests carry it, and an apply with it fails."""

RULES: Mapping[str, str] = {
    "containers": "duplicate-container",
    "env": "duplicate-env",
    "ephemeralContainers": "duplicate-container",
    "hostAliases": "duplicate-host-alias",
    "imagePullSecrets": "duplicate-image-pull-secret",
    "initContainers": "duplicate-container",
    "ports": "duplicate-port",
    "secrets": "duplicate-secret",
    "topologySpreadConstraints": "duplicate-spread-constraint",
    "volumeDevices": "duplicate-volume-device",
    "volumeMounts": "duplicate-volume-mount",
    "volumes": "duplicate-volume",
}
"""The rule of the finding for each keyed list."""

CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def normalise(manifest: Manifest) -> tuple[Manifest, tuple[Finding, ...]]:
    """A new manifest that server-side apply accepts, and what was lost on the way.

    Nulls go, as Helm and kubectl drop them; so do `status` and the metadata that only the server writes.
    Of equal entries in a keyed list (environment by name, ports by number and protocol …) the last stays.
    A Secret's `stringData` becomes `data`: applied as it is, a key that is taken out of it would stay in the
    cluster for ever.
    """
    clean: Manifest = _without_nulls(manifest)
    clean.pop("status", None)
    metadata = clean.get("metadata")
    if isinstance(metadata, dict):
        for field in SERVER_OWNED:
            metadata.pop(field, None)
    if clean.get("kind") == "Secret" and clean.get("apiVersion") == "v1":
        _encode_string_data(clean)
    findings: list[Finding] = []
    kind = str(clean.get("kind", ""))
    for owner, field, path in _keyed_lists(clean):
        kept, lost = _last_of_each(field, owner[field], kind)
        if lost:
            owner[field] = kept
            findings += [_finding(clean, field, path, *entry) for entry in lost]
    return clean, tuple(findings)


def _without_nulls(value: Any) -> Any:
    """A deep copy; nulls in maps are left out, nulls in lists mean something (`enum: [null]`) and stay."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _encode_string_data(secret: Manifest) -> None:
    strings = secret.get("stringData")
    data = secret.get("data", {})
    if not isinstance(strings, dict) or not isinstance(data, dict):
        return
    if all(isinstance(value, str) for value in strings.values()):
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in strings.items()}
        del secret["stringData"]
        if data or encoded:
            secret["data"] = {**data, **encoded}


def _keyed_lists(manifest: Manifest) -> Iterator[tuple[Manifest, str, str]]:
    """(map that holds it, name, path) of every list that server-side apply takes as a map."""
    if manifest.get("kind") == "ServiceAccount":
        yield from _lists_of(manifest, ("secrets", "imagePullSecrets"), "")
    spec = manifest.get("spec")
    if manifest.get("kind") == "Service" and manifest.get("apiVersion") == "v1" and isinstance(spec, dict):
        yield from _lists_of(spec, ("ports",), "spec.")
    pod = pod_spec(manifest)
    if pod is None:
        return
    key = ObjectKey.of(manifest)
    path = ".".join((*POD_TEMPLATES[key.group, key.kind], "spec."))
    for name in CONTAINERS:
        containers = pod.get(name)
        for container in containers if isinstance(containers, list) else ():
            if isinstance(container, dict):
                inner = f"{path}{name}[{container.get('name', '')}]."
                yield from _lists_of(container, ("env", "ports", "volumeMounts", "volumeDevices"), inner)
    top = ("volumes", "imagePullSecrets", "hostAliases", "topologySpreadConstraints", *CONTAINERS)
    yield from _lists_of(pod, top, path)


def _lists_of(owner: Manifest, fields: tuple[str, ...], path: str) -> Iterator[tuple[Manifest, str, str]]:
    for field in fields:
        if isinstance(owner.get(field), list) and len(owner[field]) > 1:
            yield owner, field, f"{path}{field}"


def _last_of_each(field: str, items: list[Any], kind: str) -> tuple[list[Any], list[tuple[Identity, bool]]]:
    """The items that stay, and for each that goes its identity and whether the one that stays is equal."""
    last: dict[Identity, Any] = {}
    lost: list[tuple[Identity, bool]] = []
    keys = [identity(field, item, kind) for item in items]
    for key, item in zip(keys, items, strict=True):
        if key is not None:
            last[key] = item
    kept = []
    for key, item in zip(keys, items, strict=True):
        if key is None or last[key] is item:
            kept.append(item)
        else:
            lost.append((key, last[key] == item))
    return kept, lost


def _finding(manifest: Manifest, field: str, path: str, key: Identity, equal: bool) -> Finding:
    name = "/".join(key)
    return Finding(
        rule=RULES[field],
        severity=Severity.NOTICE if equal else Severity.WARNING,
        message=f"{ObjectKey.of(manifest)} has {name} twice in {field}; the last one is kept",
        key=f"{path}[{name}]",
        suggestion="Remove the entry that is not meant: Kubernetes refuses it twice.",
    )
