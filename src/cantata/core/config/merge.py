"""Two edits of one config version become one text: the second editor's changes go onto what the first saved.

`base` is the version that both began with, `theirs` what was saved meanwhile, `mine` what comes too late.
Parsing is the caller's, between the steps:

    plan = plan_merge(base, theirs, mine, mine_text)
    text = merge_texts(base_text, theirs_text, mine_text)      # core/config/lines.py: keeps my comments
    if it does not parse, or not plan.agrees(parsed text):
        text = edit_text(theirs_text, plan.changes, name=name) # my keys alone, on their text
        if not plan.agrees(parsed text): raise merge_impossible(name)

The text goes with `plan.conflicts`: keys that both changed, each differently. It has theirs there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cantata.core.config.diff import ChangeKind, KeyChange, LeafState, diff_documents, leaf_state, same_leaf
from cantata.core.config.document import (
    ConfigDocument,
    ConfigLeaf,
    Path,
    SameSecret,
    Secret,
    never_same,
    value_at,
)
from cantata.core.config.editing.changes import Change, RemoveKey, SetKey
from cantata.core.config.editing.fragments import source_of
from cantata.core.config.errors import ConfigEditImpossible
from cantata.core.config.quoting import quoted, yaml_scalar
from cantata.core.config.syntax import Syntax, SyntaxUnreadable, read_syntax

Leaves = dict[Path, tuple[ConfigDocument, ConfigLeaf]]


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """A key that both changed. None where it is not there; secrets are masked. `theirs` may be the value of
    another key that leaves no room for this one: of `a` where mine sets `a.b`."""

    path: Path
    base: LeafState | None
    theirs: LeafState | None
    mine: LeafState | None

    @property
    def key(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class MergePlan:
    """`taken` are my changes that go into the result, `changes` how they go onto their text."""

    taken: tuple[KeyChange, ...]
    conflicts: tuple[MergeConflict, ...]
    changes: tuple[Change, ...]
    _leaves: Leaves = field(repr=False)

    def agrees(self, merged: ConfigDocument) -> bool:
        """Whether a document is what both edits together give. A map that lost its keys may be left empty."""
        found = {leaf.path: leaf for leaf in merged.leaves}
        for path, (document, leaf) in self._leaves.items():
            other = found.pop(path, None)
            if other is None or not same_leaf(document, merged, path, leaf, other):
                return False
        removed = {change.path for change in self.taken}
        return all(leaf.value == {} and path not in removed for path, leaf in found.items())


def merge_impossible(name: str) -> ConfigEditImpossible:
    return ConfigEditImpossible(
        "the two edits cannot be merged in the text",
        subject=f"config {name}",
        hint="Take the latest text and make your changes in it.",
    )


def plan_merge(
    base: ConfigDocument,
    theirs: ConfigDocument,
    mine: ConfigDocument,
    mine_text: str,
    *,
    same_secret: SameSecret = never_same,
) -> MergePlan:
    """By leaf. What only one side changed is taken, so is what both changed alike."""
    return _Merge(base, theirs, mine, same_secret).plan(mine_text)


class _Merge:
    """Three documents on their way to one. One use."""

    def __init__(
        self, base: ConfigDocument, theirs: ConfigDocument, mine: ConfigDocument, same_secret: SameSecret
    ) -> None:
        self._same_secret = same_secret
        self._mine = mine
        self._base, self._left, self._right = _leaves(base), _leaves(theirs), _leaves(mine)
        self._conflicts: list[MergeConflict] = []
        self._removed: dict[Path, KeyChange] = {}
        self._set: dict[Path, KeyChange] = {}
        self._maps = _above(self._left), _above(self._right)
        for change in diff_documents(base, mine, same_secret=same_secret).changes:
            if self._same(self._left, self._right, change.path) or self._both_maps(change.path):
                continue
            if not self._same(self._base, self._left, change.path):
                self._conflict(change.path)
            elif change.kind is ChangeKind.REMOVED:
                self._removed[change.path] = change
            else:
                self._set[change.path] = change

    def _same(self, one: Leaves, other: Leaves, path: Path) -> bool:
        if path not in one or path not in other:
            return path not in one and path not in other
        (old, before), (new, after) = one[path], other[path]
        return same_leaf(old, new, path, before, after, self._same_secret)

    def _both_maps(self, path: Path) -> bool:
        """Whether one side has an empty map where the other has one with keys."""
        left, right = self._left.get(path), self._right.get(path)
        return (left is not None and left[1].value == {} and path in self._maps[1]) or (
            right is not None and right[1].value == {} and path in self._maps[0]
        )

    def _conflict(self, path: Path, instead: Path | None = None) -> None:
        at = path if path in self._left or instead is None else instead
        states = (_state(self._base, path), _state(self._left, at), _state(self._right, path))
        self._conflicts.append(MergeConflict(path, *states))

    def plan(self, mine_text: str) -> MergePlan:
        merged = self._fitting()
        taken = (*self._removed.values(), *self._set.values())
        order = {path: index for index, path in enumerate((*self._base, *self._right))}
        return MergePlan(
            tuple(sorted(taken, key=lambda change: order[change.path])),
            tuple(sorted(self._conflicts, key=lambda conflict: order[conflict.path])),
            tuple(self._changes(merged, mine_text)),
            merged,
        )

    def _fitting(self) -> Leaves:
        """The merged leaves. Where one of mine has no room among theirs, it and what I removed for it are
        conflicts; this may leave others without room."""
        while True:
            kept = {path: leaf for path, leaf in self._left.items() if path not in self._removed}
            above = _above(kept)
            keys = {".".join(path): path for path in kept}
            below = _above(self._set)
            kept = {path: leaf for path, leaf in kept.items() if not (path in below and leaf[1].value == {})}
            clashes: dict[Path, Path] = {}
            for path, change in list(self._set.items()):
                if change.new is not None and change.new.value == {} and path in above:
                    del self._set[path]  # It is a map already, and no longer empty.
                elif (other := _clash(path, kept, above, keys)) is not None:
                    clashes[path] = other
            if not clashes:
                return {**kept, **{path: self._right[path] for path in self._set}}
            for path, other in clashes.items():
                del self._set[path]
                self._conflict(path, other)
            parts = _above(clashes) | clashes
            for path in [each for each in self._removed if each in parts or _any_above(each, clashes)]:
                del self._removed[path]
                self._conflict(path)

    # --- onto their text -----------------------------------------------------------------------------------

    def _changes(self, merged: Leaves, mine_text: str) -> Iterator[Change]:
        try:
            syntax = read_syntax(mine_text.removeprefix("\ufeff"))
        except SyntaxUnreadable:
            syntax = Syntax("", None, 0, [])
        above = _above(merged)
        done: set[Path] = set()
        for path in self._set:
            at = next(
                (path[:length] for length in range(1, len(path)) if path[:length] in self._removed), path
            )
            if at not in done:
                done.add(at)
                written = source_of(syntax, at)
                yield SetKey(at, written if written is not None else _written(value_at(self._mine.value, at)))
        for path in self._removed:
            if path in done or _any_above(path, done):
                continue
            at = next(
                path[:length]
                for length in range(1, len(path) + 1)
                if length == len(path)
                or not (
                    path[:length] in above or path[:length] in merged or _is_there(self._mine, path[:length])
                )
            )
            if at not in done:
                done.add(at)
                yield RemoveKey(at)


def _leaves(document: ConfigDocument) -> Leaves:
    return {leaf.path: (document, leaf) for leaf in document.leaves}


def _state(leaves: Leaves, path: Path) -> LeafState | None:
    return leaf_state(leaves[path][1]) if path in leaves else None


def _above(paths: Iterable[Path]) -> dict[Path, Path]:
    """All maps that the paths lie in, each with one of them."""
    return {path[:length]: path for path in paths for length in range(1, len(path))}


def _any_above(path: Path, paths: Iterable[Path] | Mapping[Path, Any]) -> bool:
    return any(path[:length] in paths for length in range(1, len(path)))


def _clash(path: Path, kept: Leaves, above: Mapping[Path, Path], keys: Mapping[str, Path]) -> Path | None:
    """A leaf that cannot be beside the one at `path`: above it, below it, or of the same key."""
    if path in above:
        return above[path]
    for length in range(1, len(path)):
        if path[:length] in kept:
            return path[:length]
    other = keys.get(".".join(path), path)
    return other if other != path else None


def _is_there(document: ConfigDocument, path: Path) -> bool:
    value: Any = document.value
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _written(value: Any) -> str:
    """A value whose source cannot be moved (an alias, a merged key), on one line."""
    if isinstance(value, Secret):
        return f"!secret {quoted(value.value.reveal()) if value.value is not None else f'ref:{value.ref}'}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{yaml_scalar(key)}: {_written(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return yaml_scalar(value)
