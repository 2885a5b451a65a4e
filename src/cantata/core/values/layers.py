"""A layer of values, and the tree of leaves that it gives."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from cantata.core.config import MASK, Path, SecretText
from cantata.core.model.charts import YamlDocument, YamlNode
from cantata.errors import CantataError, Category, Place


class LayerKind(enum.StrEnum):
    """Where values come from, the weakest first."""

    CHART = "chart"
    PARENT = "parent"
    CONFIG = "config"
    APPLICATION = "application"
    SERVICE = "service"


class SecretUnresolved(CantataError):
    """A reference to a secret stands where no secret was given for it."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class Layer:
    """`label` says which one it is, as people would: `config shop-dev@3`, `values.yaml of shop`. `secrets`
    are the values of its `!secret` scalars by path."""

    kind: LayerKind
    label: str
    document: YamlDocument
    secrets: Mapping[Path, SecretText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a leaf is written: the layer's kind and label, and the line of its key, counted from 1."""

    kind: LayerKind
    layer: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar, a list or an empty map, and where it comes from.

    `text` is a scalar's content as written (empty for others), `value` its JSON, in which secrets are
    `SecretText`; a value of None deletes. `overrides` is the leaf of a weaker layer that this one replaces,
    which may have replaced another.
    """

    path: Path
    text: str | SecretText
    value: Any
    origin: Origin
    secret: bool = False
    overrides: Leaf | None = None

    @property
    def key(self) -> str:
        return ".".join(self.path)

    def masked(self) -> Leaf:
        """The same with `****` for every secret, so that it may be shown and serialised."""
        return replace(
            self,
            text=MASK if isinstance(self.text, SecretText) else self.text,
            value=_masked(self.value),
            overrides=self.overrides.masked() if self.overrides is not None else None,
        )


@dataclass(frozen=True, slots=True)
class Branch:
    """A map of a tree. Kept where it is empty, `leaf` is what it counts as."""

    leaf: Leaf
    children: dict[str, Tree]


Tree = Branch | Leaf


def read_layer(layer: Layer) -> Branch:
    """The layer as a tree. A document that is no map (an empty file) gives nothing.

    Raises `SecretUnresolved`.
    """
    nodes = {node.path: node for node in layer.document.nodes}
    value = msgspec.json.decode(layer.document.value)
    return _branch(layer, nodes, (), value if isinstance(value, dict) else {})


def _branch(layer: Layer, nodes: Mapping[Path, YamlNode], path: Path, value: dict[str, Any]) -> Branch:
    children: dict[str, Tree] = {}
    for key, item in value.items():
        inner = (*path, key)
        if isinstance(item, dict):
            children[key] = _branch(layer, nodes, inner, item)
        else:
            children[key] = _leaf(layer, nodes, inner, _with_secrets(layer, nodes, inner, item))
    return Branch(_leaf(layer, nodes, path, {}), children)


def _leaf(layer: Layer, nodes: Mapping[Path, YamlNode], path: Path, value: Any) -> Leaf:
    node = nodes.get(path)
    text: str | SecretText = node.text if node is not None else value if isinstance(value, str) else ""
    if isinstance(value, SecretText):
        text = value
    return Leaf(
        path=path,
        text=text,
        value=value,
        origin=Origin(
            layer.kind,
            layer.label,
            (node.key_line or node.line) if node is not None else 0,
            node.column if node is not None else 0,
        ),
        secret=holds_secret(value),
    )


def _with_secrets(layer: Layer, nodes: Mapping[Path, YamlNode], path: Path, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_secrets(layer, nodes, (*path, key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(layer, nodes, (*path, str(i)), item) for i, item in enumerate(value)]
    node = nodes.get(path)
    if path in layer.secrets:
        return layer.secrets[path]
    if node is None or node.tag != "!secret":
        return value
    if node.text.startswith("ref:"):
        raise SecretUnresolved(
            f"{layer.label} refers to a secret that is not known here",
            subject=layer.label,
            hint="Give the value itself; references belong to the config that they were saved in.",
            place=Place(layer.label, node.line, node.column, ".".join(path)),
        )
    # Overrides and chart defaults keep their secrets in the text itself: masked all the same.
    return SecretText(node.text)


def holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(holds_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(holds_secret(item) for item in value)
    return isinstance(value, SecretText)


def revealed(value: Any) -> Any:
    """A copy as plain JSON, secrets in clear."""
    if isinstance(value, dict):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return value.reveal() if isinstance(value, SecretText) else value


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return MASK if isinstance(value, SecretText) else value
