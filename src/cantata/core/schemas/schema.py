"""OpenAPI v3 as API servers publish it, as far as it says what an object may look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cantata.core.model.objects import GVK

PREFIX = "#/components/schemas/"
BUILT_IN = "io.k8s."
"""How the names of the API server's own definitions begin."""


class GroupVersionKind(msgspec.Struct, frozen=True):
    group: str = ""
    version: str = ""
    kind: str = ""


class Schema(msgspec.Struct, frozen=True, rename="camel"):
    """One schema. What it does not name is not looked at: descriptions are most of a document's bytes, and
    patterns are of a dialect that is not ours."""

    ref: str = msgspec.field(name="$ref", default="")
    type: str = ""
    format: str = ""
    properties: dict[str, Schema] = {}
    required: tuple[str, ...] = ()
    items: Schema | None = None
    additional_properties: Schema | bool | None = None
    enum: tuple[Any, ...] | None = None
    all_of: tuple[Schema, ...] = ()
    one_of: tuple[Schema, ...] = ()
    any_of: tuple[Schema, ...] = ()
    default: Any = msgspec.UNSET
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    int_or_string: bool = msgspec.field(name="x-kubernetes-int-or-string", default=False)
    open: bool = msgspec.field(name="x-kubernetes-preserve-unknown-fields", default=False)
    embedded: bool = msgspec.field(name="x-kubernetes-embedded-resource", default=False)
    kinds: tuple[GroupVersionKind, ...] = msgspec.field(name="x-kubernetes-group-version-kind", default=())


class Schemas(msgspec.Struct, frozen=True):
    """The definitions of one document by name: those of one group version. `kinds` has the name of each
    kind's definition."""

    definitions: Mapping[str, Schema] = {}
    kinds: Mapping[GVK, str] = {}

    @classmethod
    def of(cls, definitions: Mapping[str, Schema]) -> Schemas:
        kinds = {
            GVK(kind.group, kind.version, kind.kind): name
            for name, schema in definitions.items()
            for kind in schema.kinds
        }
        return cls(definitions, kinds)

    def find(self, gvk: GVK) -> KindSchema | None:
        name = self.kinds.get(gvk)
        if name is None:
            return None
        structural = not name.startswith(BUILT_IN)
        return KindSchema(self.definitions[name], self.definitions, structural=structural)


class KindSchema(msgspec.Struct, frozen=True):
    """What one kind looks like. `structural` is the schema of a CustomResourceDefinition: what it does not
    name is dropped, and defaults are filled in before anything is asked for."""

    root: Schema
    definitions: Mapping[str, Schema] = {}
    structural: bool = False

    def resolve(self, schema: Schema) -> tuple[Schema, str]:
        """The definition that a reference means, with its name; a reference to nothing means anything."""
        if not schema.ref:
            return schema, ""
        name = schema.ref.removeprefix(PREFIX)
        return self.definitions.get(name, ANYTHING), name


ANYTHING = Schema(open=True)
