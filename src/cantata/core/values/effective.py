"""The merge of layers, by Helm's rules: maps merge, lists and scalars replace, null deletes.

(Helm: `pkg/chart/common/util`, `CoalesceTables`.) Beside the values themselves it keeps, for each leaf, the
layer and the line that it comes from, and what it overrides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec

from cantata.core.config.secrets import MASK, SecretText
from cantata.core.model.charts import YamlNode
from cantata.core.values.layers import Layer, LayerKind

Path = tuple[str, ...]
Nodes = Mapping[Path, YamlNode]


@dataclass(frozen=True, slots=True)
class Origin:
    """A layer and a line in it."""

    kind: LayerKind
    layer: str
    line: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """One effective value: a scalar, a list or an empty map. `text` is a scalar as written, without quotes;
    for a secret it is the secret itself, as is `value`. `overrides` has the origins below, nearest first."""

    path: Path
    text: str
    value: Any
    tag: str
    secret: bool
    origin: Origin
    overrides: tuple[Origin, ...] = ()

    def __repr__(self) -> str:
        shown = MASK if self.secret else self.text
        return f"Leaf({'.'.join(self.path)}={shown!r}, {self.origin.layer}:{self.origin.line})"


Tree = dict[str, Any]
"""Nested by key; what is not a dict is a `Leaf`."""


class Effective:
    """The merge of `layers`, lowest first. Leaves are made when they are first asked for: most deploys need
    the values alone."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = tuple(layers)
        self._given: dict[str, Any] = {}
        for layer in self._layers:
            if layer.kind is not LayerKind.CHART:
                _merge(self._given, _read(layer))

    def values(self) -> Mapping[str, Any]:
        """What the user gives over the chart's own defaults, nested, secrets revealed. Nulls are kept, since
        they delete defaults. For the renderer only."""
        return self._given

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Sorted by path, the chart's defaults included; nulls are gone."""
        tree: Tree = {}
        for layer in self._layers:
            nodes = {node.path: node for node in layer.document.nodes}
            _lay(tree, _read(layer), layer, nodes, ())
        return tuple(sorted(_flat(tree), key=lambda leaf: leaf.path))

    def masked(self) -> tuple[Leaf, ...]:
        """The leaves for showing: secrets as `****`."""
        return tuple(replace(leaf, text=MASK, value=MASK) if leaf.secret else leaf for leaf in self.leaves)


def effective(layers: Sequence[Layer]) -> Effective:
    """`layers` from the lowest to the highest."""
    return Effective(layers)


def _read(layer: Layer) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.json.decode(layer.document.value) or {}
    return _with_secrets(value, layer.secrets) if layer.secrets else value


def _with_secrets(value: Any, secrets: Mapping[Path, SecretText], path: Path = ()) -> Any:
    if path in secrets:
        return secrets[path].reveal()
    if isinstance(value, dict):
        return {name: _with_secrets(item, secrets, (*path, name)) for name, item in value.items()}
    return value


def _lay(tree: Tree, value: Mapping[str, Any], layer: Layer, nodes: Nodes, path: Path) -> None:
    """Lays a layer's map over the tree: maps merge, anything else replaces what is there."""
    for name, item in value.items():
        below, present = (*path, name), tree.get(name)
        if isinstance(item, dict) and item:
            if not isinstance(present, dict):
                present = tree[name] = {}
            _lay(present, item, layer, nodes, below)
        elif item != {} or not isinstance(present, dict):
            tree[name] = _leaf(layer, nodes.get(below), below, item, present)


def _leaf(layer: Layer, node: YamlNode | None, path: Path, value: Any, below: Any) -> Leaf:
    text = value if isinstance(value, str) else ""
    if not text and node is not None and node.kind == "scalar" and not isinstance(value, str):
        text = node.text
    line = (node.key_line or node.line) if node is not None else 0
    overrides = (below.origin, *below.overrides) if isinstance(below, Leaf) else ()
    return Leaf(
        path=path,
        text=text,
        value=value,
        tag=node.tag if node is not None else "",
        secret=path in layer.secrets,
        origin=Origin(layer.kind, layer.label, line),
        overrides=overrides,
    )


def _flat(tree: Tree) -> Iterator[Leaf]:
    for item in tree.values():
        if isinstance(item, Leaf):
            if item.value is not None:
                yield item
        else:
            yield from _flat(item)


def _merge(into: dict[str, Any], over: Mapping[str, Any]) -> None:
    for name, item in over.items():
        present = into.get(name)
        if isinstance(present, dict) and isinstance(item, dict):
            _merge(present, item)
        else:
            into[name] = _copied(item)


def _copied(item: Any) -> Any:
    return {name: _copied(inner) for name, inner in item.items()} if isinstance(item, dict) else item
