"""How server-side apply tells the items of a list apart: the lists of built-in kinds that are maps in truth.

Source: `x-kubernetes-list-map-keys` in the API's own OpenAPI document. The same field name has the same keys
in every pod template; `ports` differs between containers and Services.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MERGE_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ownerReferences": ("uid",),
    "resourceClaims": ("name",),
    "secrets": ("name",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
    "webhooks": ("name",),
}
"""The fields that make an item's identity, by the name of the list. What is missing here is one value."""

Identity = tuple[str, ...]


def identity(field: str, item: Any, kind: str) -> Identity | None:
    """The identity of an item of the list `field` in an object of `kind`, or None where it has none.

    A port is told by its number and its protocol, TCP when unsaid. Containers say `containerPort`, Services
    say `port`; what other kinds call `ports` are plain lists.
    """
    if not isinstance(item, dict):
        return None
    if field == "ports":
        number = item.get("port" if kind == "Service" else "containerPort")
        return None if number is None else (str(number), str(item.get("protocol") or "TCP"))
    keys = MERGE_KEYS.get(field)
    if not keys or any(item.get(key) in (None, "") for key in keys):
        return None
    return tuple(str(item[key]) for key in keys)


def identities(field: str, items: list[Any], kind: str) -> list[Identity] | None:
    """The identities of all items, or None when even one has none: then the list is one value."""
    if field != "ports" and field not in MERGE_KEYS:
        return None
    found: list[Identity] = []
    for item in items:
        key = identity(field, item, kind)
        if key is None:
            return None
        found.append(key)
    return found
