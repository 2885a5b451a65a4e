"""Layers merged by Helm's rules, with provenance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from cantata.core.config import SecretText
from cantata.core.model.charts import YamlDocument
from cantata.core.values import Effective, Layer, LayerKind, SecretUnresolved, effective

Compose = Callable[[str], YamlDocument]
KINDS = list(LayerKind)


@pytest.fixture
def merge(compose: Compose) -> Callable[..., Effective]:
    """Texts by layer, the chart's first."""
    return lambda *texts: effective(
        [Layer(kind, f"{kind} file", compose(text)) for kind, text in zip(KINDS, texts, strict=False)]
    )


CASES: dict[str, tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]] = {
    "maps merge": (("a: {b: 1, c: 2}", "a: {c: 3}"), {"a": {"c": 3}}, {"a.b": 1, "a.c": 3}),
    "lists replace": (("a: [1, 2]", "a: [3]"), {"a": [3]}, {"a": [3]}),
    "null deletes": (("a: {b: 1, c: 2}", "a: {b: ~}"), {"a": {"b": None}}, {"a.c": 2}),
    "null deletes a map": (("a: {b: 1}\nc: 1", "a: ~"), {"a": None}, {"c": 1}),
    "scalar over map": (("a: {b: 1}", "a: 2"), {"a": 2}, {"a": 2}),
    "map over scalar": (("a: 2", "a: {b: 1}"), {"a": {"b": 1}}, {"a.b": 1}),
    "empty map keeps": (("a: {b: 1}", "a: {}"), {"a": {}}, {"a.b": 1}),
    "all deleted": (("a: {b: 1}", "a: {b: ~}"), {"a": {"b": None}}, {"a": {}}),
    "null of a parent is taken back": (("a: 1", "a: ~", "a: 2"), {"a": 2}, {"a": 2}),
    "map after null meets the defaults": (
        ("a: {b: 1}", "a: ~", "a: {c: 2}"), {"a": {"c": 2}}, {"a.b": 1, "a.c": 2},
    ),
    "five layers": (("a: 1", "a: 2", "a: 3", "a: 4", "a: 5"), {"a": 5}, {"a": 5}),
    "nothing": (("", ""), {}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "values", "leaves"), CASES.values(), ids=CASES)
def test_merge(
    texts: tuple[str, ...], values: dict[str, Any], leaves: dict[str, Any], merge: Callable[..., Effective]
) -> None:
    merged = merge(*texts)
    assert merged.values() == values
    assert {leaf.key: leaf.value for leaf in merged.leaves if leaf.value is not None} == leaves


def test_a_leaf_knows_where_it_comes_from_and_what_it_overrides(merge: Callable[..., Effective]) -> None:
    (leaf,) = merge("# x\na:\n  b: 1\n", "a:\n  b: 2\n", "\n\n\na: {b: 0x3}\n").leaves
    assert (leaf.text, leaf.value, leaf.origin.layer, leaf.origin.line) == ("0x3", 3, "config file", 4)
    assert leaf.overrides is not None
    assert leaf.overrides.overrides is not None
    assert (leaf.overrides.value, leaf.overrides.origin.kind) == (2, LayerKind.PARENT)
    assert (leaf.overrides.overrides.value, leaf.overrides.overrides.origin.line) == (1, 3)


def test_another_shape_is_a_finding(merge: Callable[..., Effective]) -> None:
    (finding,) = merge("a: {b: 1}", "x: 1\na: 2").findings
    assert (finding.rule, finding.file, finding.line, finding.key) == ("shape-changed", "parent file", 2, "a")
    assert merge("a: {b: 1}", "a: ~").findings == ()


def test_secrets_reach_the_renderer_and_nobody_else(compose: Compose) -> None:
    document = compose("a: !secret ref:1\nb: [x, !secret ref:2]\n")
    secrets = {("a",): SecretText("hidden"), ("b", "1"): SecretText("other")}
    under = Layer(LayerKind.PARENT, "config base@1", compose("a: !secret older\n"))
    merged = effective([under, Layer(LayerKind.CONFIG, "config shop@1", document, secrets)])
    assert merged.values() == {"a": "hidden", "b": ["x", "other"]}
    assert all(leaf.secret for leaf in merged.leaves)
    shown = msgspec.json.encode(merged.masked()).decode() + repr(merged)
    assert [word for word in ("hidden", "other", "older") if word in shown] == []
    with pytest.raises(SecretUnresolved, match="config shop@1"):
        effective([Layer(LayerKind.CONFIG, "config shop@1", document)])
