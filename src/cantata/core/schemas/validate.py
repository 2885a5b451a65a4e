"""An object against its schema: what strict validation of the API server would refuse for its shape.

Rules that are not in the schema (names, selectors, expressions of CEL) are not looked at, so that what passes
may still be refused; what is found here is refused for certain.
"""

from __future__ import annotations

import base64
import binascii
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cantata.core.model.objects import Manifest
from cantata.core.schemas.schema import KindSchema, Schema
from cantata.core.stamp.quantity import parse_quantity

MOST = 100
"""Violations of one object that are told."""
DEEPEST = 200
QUANTITY = "resource.Quantity"
RESOURCE = frozenset({"apiVersion", "kind", "metadata"})
"""What every resource has, whatever its schema says."""

TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
WORDS = {"array": "a list", "object": "a map", "string": "text", "integer": "a whole number",
         "number": "a number", "boolean": "true or false"}  # fmt: skip


class Violation(msgspec.Struct, frozen=True):
    """`rule` is one of lint; `steps` lead to the field."""

    rule: str
    message: str
    steps: tuple[str | int, ...]
    suggestion: str = ""


def validate(manifest: Manifest, kind: KindSchema) -> Iterator[Violation]:
    """At most `MOST` violations, parents before children. Nulls count as absent."""
    checking = _Checking(kind)
    for number, violation in enumerate(checking.check(manifest, kind.root, (), resource=True)):
        if number == MOST:
            return
        yield violation


class _Checking:
    def __init__(self, kind: KindSchema) -> None:
        self._kind = kind

    def check(
        self, value: Any, schema: Schema, at: tuple[str | int, ...], *, resource: bool = False
    ) -> Iterator[Violation]:
        if value is None or len(at) > DEEPEST:
            return
        schema, name = self._whole(schema)
        if name.endswith(QUANTITY):
            yield from _quantity(value, at)
            return
        trouble = _type(value, schema)
        if trouble:
            yield Violation("field-type", trouble, at)
            return
        yield from _value(value, schema, at)
        if isinstance(value, dict):
            yield from self._map(value, schema, at, resource=resource or schema.embedded)
        elif isinstance(value, list) and schema.items is not None:
            for number, item in enumerate(value):
                yield from self.check(item, schema.items, (*at, number))

    def _whole(self, schema: Schema) -> tuple[Schema, str]:
        """The schema itself, behind references; a property is often nothing but `allOf` of one."""
        name = ""
        for _ in range(DEEPEST):
            if schema.ref:
                schema, name = self._kind.resolve(schema)
            elif len(schema.all_of) == 1 and not schema.type and not schema.properties:
                schema = schema.all_of[0]
            else:
                break
        return schema, name

    def _map(
        self, value: Manifest, schema: Schema, at: tuple[str | int, ...], *, resource: bool
    ) -> Iterator[Violation]:
        for name in schema.required:
            if value.get(name) is None and not self._filled(schema, name):
                yield Violation("field-missing", f"has no {name}", (*at, name))
        extra = schema.additional_properties
        for name, item in value.items():
            known = schema.properties.get(name)
            if known is not None:
                yield from self.check(item, known, (*at, name))
            elif isinstance(extra, Schema):
                yield from self.check(item, extra, (*at, name))
            elif not (resource and name in RESOURCE) and self._is_closed(schema):
                yield _unknown(name, schema, at)

    def _is_closed(self, schema: Schema) -> bool:
        """Whether a field that the schema does not name is one too many."""
        if schema.open or schema.additional_properties is True or schema.all_of or schema.ref:
            return False
        # A map without any named field is taken whatever it holds, and emptied without a word.
        return bool(schema.properties)

    def _filled(self, schema: Schema, name: str) -> bool:
        """Built-in kinds have zero values written as defaults, which nobody fills in."""
        known = schema.properties.get(name)
        return self._kind.structural and known is not None and known.default is not msgspec.UNSET


def _type(value: Any, schema: Schema) -> str:
    """What is wrong with the type of a value, empty for nothing."""
    if schema.int_or_string or schema.format == "int-or-string":
        fits = isinstance(value, int | str) and not isinstance(value, bool)
        return "" if fits else f"is {_word(value)}, not a whole number or text"
    if schema.type == "integer" and isinstance(value, float) and value.is_integer():
        return ""
    wanted = TYPES.get(schema.type)
    if wanted is None or (isinstance(value, wanted) and isinstance(value, bool) == (bool in wanted)):
        return ""
    return f"is {_word(value)}, not {WORDS[schema.type]}"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a map"


def _value(value: Any, schema: Schema, at: tuple[str | int, ...]) -> Iterator[Violation]:
    if schema.enum is not None and value not in schema.enum:
        allowed = ", ".join(str(each) for each in schema.enum)
        yield Violation("field-value", f"may not be {_shown(value)}", at, f"Choose one of {allowed}.")
    elif schema.format == "byte" and isinstance(value, str) and not _is_base64(value):
        yield Violation("field-value", "is no base64", at, "Encode it by b64enc, or write it to stringData.")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if schema.minimum is not None and value < schema.minimum:
            message = f"is {value}, less than {_number(schema.minimum)}"
            yield Violation("field-value", message, at, f"Give at least {_number(schema.minimum)}.")
        elif schema.maximum is not None and value > schema.maximum:
            message = f"is {value}, more than {_number(schema.maximum)}"
            yield Violation("field-value", message, at, f"Give at most {_number(schema.maximum)}.")


def _quantity(value: Any, at: tuple[str | int, ...]) -> Iterator[Violation]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        yield Violation("field-type", f"is {_word(value)}, not a quantity", at)
    elif parse_quantity(str(value)) is None:
        yield Violation(
            "field-value", f"may not be {_shown(value)}", at, "Write it as 100m, 1.5, 64Mi or 1Gi."
        )


def _unknown(name: str, schema: Schema, at: tuple[str | int, ...]) -> Violation:
    near = difflib.get_close_matches(name, schema.properties, n=1)
    folded = [each for each in schema.properties if each.lower() == name.lower()]
    meant = next(iter(folded or near), "")
    return Violation(
        "field-unknown",
        "is a field that is not known",
        (*at, name),
        f"Did you mean {meant}?" if meant else "",
    )


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)
