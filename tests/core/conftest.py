"""YAML texts as the render worker would give them, from a small parser of the tests' own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import YamlDocument, YamlNode

Compose = Callable[[str], YamlDocument]

KINDS = {"mapping": "map", "sequence": "list", "scalar": "scalar"}


def _tag(node: Any) -> str:
    tag = str(node.tag).replace("tag:yaml.org,2002:", "!!")
    return "!!str" if tag in ("!!timestamp", "!!binary", "!!value") else tag


def nodes_of(node: Any, path: tuple[str, ...] = (), key: Any = None) -> Iterator[YamlNode]:
    mark = node.start_mark
    scalar = node.id == "scalar"
    yield YamlNode(
        path,
        KINDS[node.id],
        _tag(node),
        mark.line + 1,
        mark.column + 1,
        text=node.value if scalar else "",
        key_tag=_tag(key) if key is not None else "!!str",
        key_line=key.start_mark.line + 1 if key is not None else 0,
        quoted=scalar and node.style is not None,
    )
    if node.id == "mapping":
        for inner, value in node.value:
            yield from nodes_of(value, (*path, inner.value), inner)
    elif node.id == "sequence":
        for index, value in enumerate(node.value):
            yield from nodes_of(value, (*path, str(index)))


def value_of(yaml: Any, node: Any) -> Any:
    if node.id == "mapping":
        return {key.value: value_of(yaml, value) for key, value in node.value}
    if node.id == "sequence":
        return [value_of(yaml, value) for value in node.value]
    if _tag(node).startswith("!!") and _tag(node) != "!!str":
        loader = yaml.SafeLoader("")
        return loader.construct_object(node)
    return node.value


@pytest.fixture(scope="session")
def compose() -> Compose:
    yaml = importlib.import_module("yaml")

    def compose_text(text: str) -> YamlDocument:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            return YamlDocument(value=msgspec.Raw(b"{}"))
        value = msgspec.json.encode(value_of(yaml, root))
        return YamlDocument(msgspec.Raw(value), tuple(nodes_of(root)))

    return compose_text
