"""A text without its looks: what an edit must have made of it, to compare with what it made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cantata.core.config.editing.changes import Change, Changes, RemoveKey
from cantata.core.config.syntax import FLOW_SPECIAL, SyntaxNode

Shape = Any
"""Nested tuples and lists; equal where two nodes mean the same to every reader of YAML."""


def shape_of(node: SyntaxNode) -> Shape:
    if node.kind == "map":
        entries = [(_key(entry.key), shape_of(entry.value)) for entry in node.entries]
        return ("map", node.tag, node.anchor, entries)
    if node.kind == "list":
        return ("list", node.tag, node.anchor, [shape_of(entry.value) for entry in node.entries])
    # A plain scalar with one of these is text in any case; on its way into brackets it may have been quoted.
    plain = node.style == "plain" and not FLOW_SPECIAL & set(node.text)
    text = "null" if plain and not node.text else node.text
    return (node.kind, node.tag, node.anchor, plain, text)


def changed_shape(node: SyntaxNode | None, tree: Changes, shape: Callable[[Change], Shape]) -> Shape:
    """The shape of a node after its changes; `shape` is that of what a key is set to. New keys come last."""
    if node is None or node.kind == "scalar":
        return ("map", "", "", [(_new_key(part), _new(inner, shape)) for part, inner in tree.items()])
    known = node.by_part()
    inner_of = {id(known[part]): inner for part, inner in tree.items() if part in known}
    entries = []
    for entry in node.entries:
        inner = inner_of.get(id(entry))
        if isinstance(inner, RemoveKey):
            continue
        key = _key(entry.key)
        if isinstance(inner, dict):
            entries.append((key, changed_shape(entry.value, inner, shape)))
        else:
            entries.append((key, shape_of(entry.value) if inner is None else shape(inner)))
    entries += [(_new_key(part), _new(inner, shape)) for part, inner in tree.items() if part not in known]
    if node.kind == "list":
        return ("list", node.tag, node.anchor, [value for _, value in entries])
    return ("map", node.tag, node.anchor, entries)


def _new(inner: Changes | Change, shape: Callable[[Change], Shape]) -> Shape:
    return changed_shape(None, inner, shape) if isinstance(inner, dict) else shape(inner)


def _key(key: SyntaxNode | None) -> Shape:
    if key is None or key.entries:
        return shape_of(key) if key is not None else None
    return (key.kind, key.tag, key.anchor, key.text)


def _new_key(part: str) -> Shape:
    return ("scalar", "", "", part)
