"""Differences between configs, and trees of them, as text for people."""

from __future__ import annotations

from collections.abc import Iterator

from cantata.cli.config_options import one_line
from cantata.contract.config_history import (
    CellInfo,
    ComparisonInfo,
    ComparisonRow,
    ConfigBranch,
    ConfigDiffInfo,
    ConfigTreeInfo,
    KeyChangeInfo,
)

MISSING = "—"


def diff_lines(diff: ConfigDiffInfo) -> list[str]:
    """A line for each key, and what is unchanged as a number."""
    lines = [_change_line(change) for change in diff.changes]
    return [*lines, f"({diff.unchanged} unchanged)"]


def _change_line(change: KeyChangeInfo) -> str:
    old, new = change.old, change.new
    if old is None or new is None:
        value = new or old
        return f"{'+' if old is None else '-'} {change.key}: {one_line(value.value) if value else ''}"
    if old.secret and new.secret:
        return f"~ {change.key}: the secret has changed"
    line = f"~ {change.key}: {one_line(old.value)} → {one_line(new.value)}"
    if change.type_changed:
        types = ("secret" if old.secret else old.type, "secret" if new.secret else new.type)
        return f"{line} ({types[0]} → {types[1]})"
    if line == f"~ {change.key}: {one_line(old.value)} → {one_line(old.value)}":
        return f"~ {change.key}: {one_line(old.text)} → {one_line(new.text)} (as written)"
    return line


def comparison_lines(compared: ComparisonInfo) -> list[str]:
    """The effective documents of two versions, with where the values come from."""
    lines = []
    for row in compared.rows:
        old, new = row.cells
        shown = dict(zip(("old", "new"), cell_texts(row), strict=True))
        if old is None or new is None:
            cell = new or old
            origin = f" ({cell.origin})" if cell else ""
            lines.append(f"{'+' if old is None else '-'} {row.key}: {shown['new' if new else 'old']}{origin}")
        elif old.secret and new.secret:
            lines.append(f"~ {row.key}: the secret has changed ({old.origin} → {new.origin})")
        else:
            lines.append(f"~ {row.key}: {shown['old']} → {shown['new']} ({old.origin} → {new.origin})")
    return [*lines, f"({compared.equal} unchanged)"]


def comparison_rows(compared: ComparisonInfo) -> list[list[str]]:
    return [[row.key, *cell_texts(row)] for row in compared.rows]


def cell_texts(row: ComparisonRow) -> list[str]:
    """Where two cells look alike but are not, the type is told; of secrets, which of them are equal."""
    groups: dict[str, set[int]] = {}
    for cell in row.cells:
        if cell is not None:
            groups.setdefault(one_line(cell.value), set()).add(cell.group)
    return [
        _cell_text(cell, ambiguous=len(groups.get(one_line(cell.value), ())) > 1) if cell else MISSING
        for cell in row.cells
    ]


def _cell_text(cell: CellInfo, *, ambiguous: bool) -> str:
    text = one_line(cell.value)
    if not ambiguous:
        return text
    return f"{text} #{cell.group + 1}" if cell.secret else f"{text} ({cell.type})"


def tree_lines(tree: ConfigTreeInfo) -> list[str]:
    lines = [f"config   {tree.config}@{tree.version}"]
    if tree.parents:
        chain = " → ".join(f"{parent.config}@{parent.version}" for parent in tree.parents)
        lines.append(f"extends  {chain}")
    used = list(_used_by(tree.below, 0))
    return [*lines, "used by" if used else "used by nobody", *used]


def _used_by(branch: ConfigBranch, depth: int) -> Iterator[str]:
    indent = "  " * (depth + 1)
    yield from (f"{indent}application {name}" for name in branch.applications)
    for child in branch.children:
        pinned = f" (pinned to {child.version})" if child.version else ""
        yield f"{indent}config {child.config}{pinned}"
        yield from _used_by(child, depth + 1)
