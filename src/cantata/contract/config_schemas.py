"""Schemas of configs."""

from __future__ import annotations

import msgspec


class SchemaEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`schema` is a JSON Schema, draft 2020-12 unless it says another, as JSON or YAML."""

    schema: str


class SchemaInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`config` is the one that has the schema: the config itself, or the nearest that it extends."""

    config: str
    schema: str
