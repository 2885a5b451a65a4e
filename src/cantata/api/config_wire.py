"""From differences and history of configs to the wire."""

from __future__ import annotations

from typing import overload

from cantata.actions.config_history import BlameRow
from cantata.actions.config_tree import Branch, ConfigTree
from cantata.contract.config_history import (
    BlameInfo,
    CellInfo,
    ChainInfo,
    ComparisonInfo,
    ComparisonRow,
    ConfigBranch,
    ConfigTreeInfo,
    KeyChangeInfo,
    TagInfo,
    ValueInfo,
)
from cantata.core.config import KeyChange, LeafState
from cantata.core.model.configs import ConfigTag
from cantata.core.values import Comparison
from cantata.core.values.compare import Cell


@overload
def value_info(state: LeafState) -> ValueInfo: ...
@overload
def value_info(state: LeafState | None) -> ValueInfo | None: ...
def value_info(state: LeafState | None) -> ValueInfo | None:
    if state is None:
        return None
    return ValueInfo(state.value, state.text, state.type.value, state.line, state.secret)


def key_change_info(change: KeyChange) -> KeyChangeInfo:
    return KeyChangeInfo(
        key=change.key,
        kind=change.kind.value,
        old=value_info(change.old),
        new=value_info(change.new),
        type_changed=change.type_changed,
    )


def blame_info(row: BlameRow) -> BlameInfo:
    version = row.version
    return BlameInfo(
        key=row.leaf.key,
        value=row.leaf.value,
        line=row.leaf.line,
        secret=row.leaf.secret,
        version=version.number,
        author=version.author,
        message=version.message,
        created_at=version.created_at,
    )


def tag_info(tag: ConfigTag) -> TagInfo:
    return TagInfo(tag.name, tag.number, tag.created_at)


def comparison_info(compared: Comparison) -> ComparisonInfo:
    rows = tuple(
        ComparisonRow(row.key, row.differs, tuple(map(_cell_info, row.cells))) for row in compared.rows
    )
    return ComparisonInfo(compared.columns, rows, compared.equal)


def _cell_info(cell: Cell | None) -> CellInfo | None:
    if cell is None:
        return None
    origin = cell.origin
    return CellInfo(cell.value, cell.type.value, origin.layer, origin.line, cell.secret, cell.group)


def tree_info(tree: ConfigTree) -> ConfigTreeInfo:
    parents = tuple(ChainInfo(pin.config, pin.version) for pin in tree.parents)
    return ConfigTreeInfo(tree.pin.config, tree.pin.version, parents, _branch_info(tree.below))


def _branch_info(branch: Branch) -> ConfigBranch:
    children = tuple(map(_branch_info, branch.children))
    return ConfigBranch(branch.config, branch.version, branch.applications, children)
