"""Helm's two merges, on trees of leaves.

What users give is merged first, a later layer over an earlier one: maps merge, everything else replaces, null
included. The result goes over the chart's defaults: there a null deletes. The order matters: a map that
follows a null in a later layer meets the chart's defaults again, as it does in Helm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cantata.core.model.findings import Finding, Severity
from cantata.core.values.layers import Branch, Leaf, Tree


def merge(under: Branch, over: Branch, findings: list[Finding]) -> Branch:
    """`over` wins, leaf by leaf. Neither tree is changed."""
    children = dict(under.children)
    for key, tree in over.children.items():
        below = children.get(key)
        if isinstance(below, Branch) and isinstance(tree, Branch):
            children[key] = merge(below, tree, findings)
        elif below is None:
            children[key] = tree
        else:
            finding = _shape_finding(below, tree)
            if finding is not None:
                findings.append(finding)
            children[key] = _replaced(below, tree)
    return Branch(_overriding(over.leaf, under.leaf), children)


def _replaced(below: Tree, tree: Tree) -> Tree:
    replaced = below.leaf if isinstance(below, Branch) else below
    if isinstance(tree, Leaf):
        return _overriding(tree, replaced)
    return Branch(_overriding(tree.leaf, replaced), tree.children)


def _overriding(leaf: Leaf, weaker: Leaf) -> Leaf:
    """`weaker` goes to the end of what the leaf overrides already."""
    return replace(leaf, overrides=_overriding(leaf.overrides, weaker) if leaf.overrides else weaker)


def _shape_finding(below: Tree, tree: Tree) -> Finding | None:
    """A map in place of a value, or the other way round, is legal and rarely meant. Null is meant."""
    leaf = tree.leaf if isinstance(tree, Branch) else tree
    first = below.leaf if isinstance(below, Branch) else below
    if isinstance(below, Branch) == isinstance(tree, Branch) or leaf.value is None or first.value is None:
        return None
    was, now = ("a map", "a value") if isinstance(below, Branch) else ("a value", "a map")
    return Finding(
        rule="shape-changed",
        severity=Severity.WARNING,
        message=f"{leaf.key} is {now} in {leaf.origin.layer} but {was} in {first.origin.layer}",
        file=leaf.origin.layer,
        line=leaf.origin.line,
        key=leaf.key,
        suggestion=f"Give {leaf.key} the same shape in both, or set it to null to delete it.",
    )


def tree_leaves(tree: Branch) -> Iterator[Leaf]:
    """All leaves in the order of the merged maps; a map that has no children left is one itself."""
    for child in tree.children.values():
        if isinstance(child, Leaf):
            yield child
        elif not any(_is_set(inner) for inner in child.children.values()):
            yield from tree_leaves(child)
            yield child.leaf
        else:
            yield from tree_leaves(child)


def _is_set(tree: Tree) -> bool:
    return isinstance(tree, Branch) or tree.value is not None
