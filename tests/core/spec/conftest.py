"""cantata.yaml as text → `parse_spec`, with positions as the render worker gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any

import pytest
import yaml

from cantata.core.model.charts import YamlNode
from cantata.core.model.templates import TemplateSpec
from cantata.core.spec import parse_spec

Parse = Callable[[str], TemplateSpec]


def positions(node: Any, path: tuple[str, ...] = (), key_line: int = 0) -> Iterator[YamlNode]:
    kinds = {"mapping": "map", "sequence": "list", "scalar": "scalar"}
    mark = node.start_mark
    yield YamlNode(path, kinds[node.id], node.tag, mark.line + 1, mark.column + 1, key_line=key_line)
    if node.id == "mapping":
        for key, value in node.value:
            yield from positions(value, (*path, key.value), key.start_mark.line + 1)
    elif node.id == "sequence":
        for index, value in enumerate(node.value):
            yield from positions(value, (*path, str(index)))


@pytest.fixture
def parse() -> Parse:
    def parse_text(text: str) -> TemplateSpec:
        text = dedent(text)
        root = yaml.compose(text)
        return parse_spec(yaml.safe_load(text), tuple(positions(root)) if root else ())

    return parse_text
