"""What a schema finds is said with the place where it was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from cantata.core.config import SecretText
from cantata.core.model.charts import YamlDocument
from cantata.core.values import (
    Layer,
    LayerKind,
    Leaf,
    effective,
    schema_details,
    schema_values,
    schema_violated,
)

BASE = "db:\n  host: x\n  port: 1\nlist:\n  - a: 1\n"
OVER = "db:\n  port: x\nextra.key: 1\ngone: null\npass: !secret pw\n"


@pytest.fixture
def leaves(compose: Callable[[str], YamlDocument]) -> tuple[Leaf, ...]:
    layers = [
        Layer(LayerKind.PARENT, "config base@1", compose(BASE)),
        Layer(LayerKind.CONFIG, "config shop@2", compose(OVER), {("pass",): SecretText("hidden")}),
    ]
    return effective(layers).leaves


def test_the_effective_document_is_checked(leaves: tuple[Leaf, ...]) -> None:
    assert schema_values(leaves) == {
        "db": {"host": "x", "port": "x"}, "list": [{"a": 1}], "extra.key": 1, "pass": "hidden",
    }  # fmt: skip


CASES = {
    "key": ("db.port: got string, want integer", ["got string, want integer @ config shop@2:2:9 (db.port)"]),
    "parent's key": ("db.host: too: short", ["too: short @ config base@1:2:9 (db.host)"]),
    "map": ("db: missing property 'name'", ["missing property 'name' @ config shop@2:2:9 (db)"]),
    "item": ("list.0.a: maximum: got 1, want 0", ["maximum: got 1, want 0 @ config base@1:4:3 (list.0.a)"]),
    "top": ("missing property 'x: y'", ["missing property 'x: y' @ config shop@2:2:9"]),
    "unknown keys": (
        "additional properties 'extra.key', 'pass' not allowed",
        [
            "is not a key of the schema @ config shop@2:3:12 (extra.key)",
            "is not a key of the schema @ config shop@2:5:7 (pass)",
        ],
    ),
    "unknown key below": (
        "db: additional properties 'host' not allowed",
        ["is not a key of the schema @ config base@1:2:9 (db.host)"],
    ),
}


@pytest.mark.parametrize(("line", "details"), CASES.values(), ids=CASES)
def test_places(line: str, details: list[str], leaves: tuple[Leaf, ...]) -> None:
    assert [f"{each.message} @ {each.place}" for each in schema_details([line], leaves)] == details


def test_all_in_one_error(leaves: Sequence[Any]) -> None:
    error = schema_violated("shop", ["db.port: bad", "list.0: worse"], leaves)
    assert str(error) == "config shop@2:2:9 (db.port): config shop does not fit its schema: bad (and 1 more)"
    assert len(error.details) == 2
    assert len(schema_details(["db.port: bad"] * 1000, leaves)) == 100
