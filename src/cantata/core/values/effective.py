"""The layers of an application merged: what the renderer gets, and where each leaf comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cantata.core.model.charts import YamlDocument
from cantata.core.model.findings import Finding
from cantata.core.values.layers import Branch, Layer, LayerKind, Leaf, Tree, read_layer, revealed
from cantata.core.values.merge import merge, tree_leaves
from cantata.errors import Place

NOTHING = Layer(LayerKind.CHART, "", YamlDocument(value=msgspec.Raw(b"{}")))


@dataclass(frozen=True, slots=True)
class Effective:
    """`leaves` are over all layers, the chart's defaults included; one whose value is None was deleted."""

    leaves: tuple[Leaf, ...]
    findings: tuple[Finding, ...]
    _given: Branch

    def values(self) -> dict[str, Any]:
        """What the user gives over the chart's defaults, secrets in clear: for the renderer only. Nulls stay,
        so that they delete defaults; the engine merges the defaults itself."""
        return _plain(self._given)

    def masked(self) -> tuple[Leaf, ...]:
        """The leaves with `****` for every secret."""
        return tuple(leaf.masked() for leaf in self.leaves)

    def place_of(self, key: str) -> Place:
        """Where the value of a key such as `db.host` is written, or what holds it; the key alone where
        nobody writes it."""
        for leaf in self.leaves:
            if key == leaf.key or key.startswith(f"{leaf.key}."):
                return Place(leaf.origin.layer, leaf.origin.line, key=key)
        return Place(key=key)


def effective(layers: Sequence[Layer]) -> Effective:
    """Merges the layers, given the weakest first. Raises `SecretUnresolved`."""
    findings: list[Finding] = []
    given = _fold((layer for layer in layers if layer.kind is not LayerKind.CHART), findings)
    chart = _fold((layer for layer in layers if layer.kind is LayerKind.CHART), findings)
    merged = merge(chart, given, findings)
    return Effective(tuple(tree_leaves(merged)), tuple(findings), given)


def _fold(layers: Iterable[Layer], findings: list[Finding]) -> Branch:
    tree = None
    for layer in layers:
        over = read_layer(layer)
        tree = over if tree is None else merge(tree, over, findings)
    return tree if tree is not None else read_layer(NOTHING)


def _plain(tree: Branch) -> dict[str, Any]:
    def value(child: Tree) -> Any:
        return _plain(child) if isinstance(child, Branch) else revealed(child.value)

    return {key: value(child) for key, child in tree.children.items()}
