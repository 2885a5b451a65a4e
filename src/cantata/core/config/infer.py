"""A JSON Schema from what a config holds today, for people to correct and confirm."""

from __future__ import annotations

from typing import Any

from cantata.core.config.document import ConfigDocument, Path

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SCALARS = {"string", "integer", "number", "boolean"}

Schema = dict[str, Any]


def infer_schema(document: ConfigDocument) -> Schema:
    """Types only: nothing is required, more keys are allowed everywhere, and no value is in it. Secrets are
    strings; what is null may be anything."""
    floats = {leaf.path for leaf in document.leaves if leaf.tag == "!!float"}
    return {"$schema": DRAFT, **_schema(document.value, (), floats)}


def _schema(value: Any, path: Path, floats: set[Path]) -> Schema:
    if isinstance(value, dict):
        return _object({key: _schema(item, (*path, key), floats) for key, item in value.items()})
    if isinstance(value, list):
        items = [_schema(item, (*path, str(index)), floats) for index, item in enumerate(value)]
        return _array(items)
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "number" if isinstance(value, float) or path in floats else "integer"}
    return {"type": "string"}


def _object(properties: dict[str, Schema]) -> Schema:
    inner = {"properties": properties} if properties else {}
    return {"type": "object", **inner, "additionalProperties": True}


def _array(items: list[Schema]) -> Schema:
    return {"type": "array", "items": _merged(items)} if items else {"type": "array"}


def _merged(schemas: list[Schema]) -> Schema:
    """One schema that takes what each of them takes. An empty one takes everything."""
    if not all(schemas):
        return {}
    kinds: dict[str, list[Schema]] = {}
    for schema in (one for each in schemas for one in each.get("anyOf", (each,))):
        for kind in [schema["type"]] if isinstance(schema["type"], str) else schema["type"]:
            kinds.setdefault(kind, []).append(schema)
    if "number" in kinds:
        kinds.pop("integer", None)
    if len(kinds) > 1 and kinds.keys() <= SCALARS:
        return {"type": sorted(kinds)}
    alternatives = [_one_kind(kind, each) for kind, each in kinds.items()]
    return alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}


def _one_kind(kind: str, schemas: list[Schema]) -> Schema:
    if kind == "object":
        found: dict[str, list[Schema]] = {}
        for schema in schemas:
            for key, inner in schema.get("properties", {}).items():
                found.setdefault(key, []).append(inner)
        return _object({key: _merged(inner) for key, inner in found.items()})
    if kind == "array":
        return _array([schema["items"] for schema in schemas if "items" in schema])
    return {"type": kind}
