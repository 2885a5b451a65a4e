"""Reads of manifests whose shape nobody has checked: what is no map is an empty one."""

from __future__ import annotations

from typing import Any

from cantata.core.model.objects import Manifest


def as_map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_maps(value: Any) -> list[dict[str, Any]]:
    """The maps of a list; what else stands in it is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def labels_of(manifest: Manifest | None) -> dict[str, Any]:
    return as_map(as_map(as_map(manifest).get("metadata")).get("labels"))


def annotations_of(manifest: Manifest) -> dict[str, Any]:
    return as_map(as_map(manifest.get("metadata")).get("annotations"))
