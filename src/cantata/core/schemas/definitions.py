"""Schemas out of CustomResourceDefinitions: those that a chart brings are not installed yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cantata.core.model.objects import GVK, Manifest
from cantata.core.schemas.schema import KindSchema, Schema
from cantata.core.services.fields import as_map, as_maps

DEFINITION = "CustomResourceDefinition"


def definitions(manifests: Iterable[Manifest]) -> dict[GVK, KindSchema]:
    """By the kinds that they define. A version without a schema, or with one that cannot be read, takes
    anything."""
    return {gvk: _kind(schema) for gvk, schema, _ in _versions(manifests)}


def defined_kinds(manifests: Iterable[Manifest]) -> dict[tuple[str, str], bool]:
    """(group, kind) → whether it lives in namespaces."""
    return {(gvk.group, gvk.kind): namespaced for gvk, _, namespaced in _versions(manifests)}


def _versions(manifests: Iterable[Manifest]) -> Iterator[tuple[GVK, Any, bool]]:
    for manifest in manifests:
        if manifest.get("kind") != DEFINITION:
            continue
        spec = as_map(manifest.get("spec"))
        group, kind = str(spec.get("group", "")), str(as_map(spec.get("names")).get("kind", ""))
        for version in as_maps(spec.get("versions")):
            if version.get("served") is not False:
                schema = as_map(version.get("schema")).get("openAPIV3Schema")
                gvk = GVK(group, str(version.get("name", "")), kind)
                yield gvk, schema, spec.get("scope") == "Namespaced"


def _kind(schema: Any) -> KindSchema:
    try:
        return KindSchema(msgspec.convert(schema or {}, Schema, strict=True), structural=bool(schema))
    except msgspec.ValidationError:
        return KindSchema(Schema(open=True))
