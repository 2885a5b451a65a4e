"""Configs side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from tests.core.config.texts import texts

from cantata.core.config import SecretText
from cantata.core.model.charts import YamlDocument
from cantata.core.values import Layer, LayerKind, Leaf, compare_configs, effective

Read = Callable[[str], tuple[Leaf, ...]]


@pytest.fixture(scope="session")
def read(compose: Callable[[str], YamlDocument]) -> Read:
    def read_text(text: str) -> tuple[Leaf, ...]:
        secrets = {node.path: SecretText(node.text) for node in compose(text).nodes if node.tag == "!secret"}
        return effective([Layer(LayerKind.CONFIG, "config x@1", compose(text), secrets)]).leaves

    return read_text


CASES: dict[str, tuple[list[str], dict[str, list[Any]]]] = {
    "equal": (["a: 1\n", "# c\na: 1\n"], {}),
    "value": (["a: 1\n", "a: 2\n"], {"a": [1, 2]}),
    "type": (["a: 1\n", "a: '1'\n"], {"a": [1, "1"]}),
    "number": (["a: 1.0\n", "a: 1\n"], {"a": [1.0, 1]}),
    "missing": (["a: 1\nb: 1\nc: 1\n", "a: 1\nx: 1\nc: 1\n"], {"x": [None, 1], "b": [1, None]}),
    "written with dots": (["a.b: 1\n", "a: {b: 1}\n"], {}),
    "three": (["a: 1\n", "a: 2\n", "a: 1\n"], {"a": [1, 2, 1]}),
    "list": (["a: [1]\n", "a: [true]\n"], {"a": [[1], [True]]}),
    "equal secrets": (["a: !secret x\n", "a: !secret x\n"], {}),
    "secrets": (["a: !secret x\n", "a: !secret z\n"], {"a": ["****", "****"]}),
    "secret and none": (["a: !secret x\n", "a: x\n"], {"a": ["****", "x"]}),
    "secret in a list": (["a: [!secret x]\n", "a: [!secret z]\n"], {"a": [["****"], ["****"]]}),
}


@pytest.mark.parametrize(("configs", "rows"), CASES.values(), ids=CASES)
def test_keys_that_differ(configs: list[str], rows: dict[str, list[Any]], read: Read) -> None:
    found = compare_configs([(str(index), read(text)) for index, text in enumerate(configs)])
    shown = {row.key: [cell and cell.value for cell in row.cells] for row in found.rows}
    assert (list(shown), shown) == (list(rows), rows)
    assert "SecretText" not in repr(found)


def test_groups_and_places(read: Read) -> None:
    columns = [
        (label, read(text))
        for label, text in (("dev", "a: 1\nb: 1\n"), ("test", "b: 1\na: 2\n"), ("prod", "a: 1\n"))
    ]
    found = compare_configs(columns, all_rows=True)
    assert (found.columns, found.equal) == (("dev", "test", "prod"), 0)
    first, second = found.rows
    assert [cell and cell.group for cell in first.cells] == [0, 1, 0]
    assert [cell and (cell.origin.layer, cell.origin.line) for cell in second.cells] == [
        ("config x@1", 2), ("config x@1", 1), None,
    ]  # fmt: skip


@settings(max_examples=100)
@given(one=texts(), other=texts())
def test_a_comparison_is_symmetric(one: tuple[str, Any], other: tuple[str, Any], read: Read) -> None:
    left, right = read(one[0]), read(other[0])
    there = compare_configs([("a", left), ("b", right)], all_rows=True)
    back = compare_configs([("b", right), ("a", left)], all_rows=True)
    assert {row.key: row.differs for row in there.rows} == {row.key: row.differs for row in back.rows}
    assert there.equal == back.equal
    same = compare_configs([("a", left), ("a", left)])
    assert (same.rows, same.equal) == ((), len(left))
