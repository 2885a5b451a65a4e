"""What schema a config gets that has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cantata.core.config import infer_schema, parse_config
from cantata.core.model.charts import YamlDocument

OBJECT = {"type": "object", "additionalProperties": True}
MIXED = {"type": ["integer", "string"]}
ANY = [{"type": "integer"}, {"type": "string"}, OBJECT]
CASES: dict[str, tuple[str, Any]] = {
    "scalars": ("a: x\n", {"type": "string"}),
    "integer": ("a: 0x1F\n", {"type": "integer"}),
    "number": ("a: 1.0\n", {"type": "number"}),
    "boolean": ("a: yes\n", {"type": "boolean"}),
    "null": ("a:\n", {}),
    "secret": ("a: !secret 5\n", {"type": "string"}),
    "empty map": ("a: {}\n", OBJECT),
    "map": ("a: {b: 1}\n", {**OBJECT, "properties": {"b": {"type": "integer"}}}),
    "empty list": ("a: []\n", {"type": "array"}),
    "list": ("a: [x, !secret y]\n", {"type": "array", "items": {"type": "string"}}),
    "list of numbers": ("a: [1, 1.5]\n", {"type": "array", "items": {"type": "number"}}),
    "mixed list": ("a: [1, x]\n", {"type": "array", "items": {"type": ["integer", "string"]}}),
    "list with null": ("a: [1, null]\n", {"type": "array", "items": {}}),
    "list of maps": (
        "a: [{b: 1}, {b: x, c: 1}]\n",
        {"type": "array", "items": {**OBJECT, "properties": {"b": MIXED, "c": {"type": "integer"}}}},
    ),
    "list of lists": (
        "a: [[1], [], [x, {}]]\n",
        {"type": "array", "items": {"type": "array", "items": {"anyOf": ANY}}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "schema"), CASES.values(), ids=CASES)
def test_a_schema_from_a_text(text: str, schema: Any, compose: Callable[[str], YamlDocument]) -> None:
    found = infer_schema(parse_config(text, compose(text), name="shop"))
    assert found.pop("$schema") == "https://json-schema.org/draft/2020-12/schema"
    assert found == {**OBJECT, "properties": {"a": schema}}
