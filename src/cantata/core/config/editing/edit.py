"""Single keys of a config text are set and removed; every other byte stays.

`edit_text` gives the new text; parse it, then have `verify_edit` say that both parsers agree on what changed:

    edited = edit_text(text, changes, name=name)
    after = parse_config(edited, await renderer.parse_yaml(edited), name=name)
    verify_edit(before, after, changes, name=name)

What stays: comments, order, quoting, indentation, line ends, a byte order mark, a missing line break at the
end, and the comment behind a value that is set. What goes: with a removed key its own trailing comment and
what is inside of its value (comments above it stay, they may belong to more); with a replaced map or list the
comments in it. New keys come last in their map, indented as the text does it, in brackets where the map has
brackets. Removing the last key leaves `{}`, the last item `[]`; an empty `{}` or a key without a value
becomes a map in lines. A key under an anchor that is used elsewhere, and one that only comes through an alias
or `<<`, are not changed: `ConfigEditImpossible`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cantata.core.config.editing.brackets import edit_brackets, inside_brackets
from cantata.core.config.editing.changes import (
    Change,
    Changes,
    RemoveKey,
    change_tree,
    impossible,
    invalid,
    leaves_of,
)
from cantata.core.config.editing.fragments import Fragment, indented, new_entries, read_fragment
from cantata.core.config.editing.shapes import Shape, changed_shape, shape_of
from cantata.core.config.editing.splices import Splices
from cantata.core.config.scalars import LINE_BREAK
from cantata.core.config.syntax import Entry, Syntax, SyntaxNode, SyntaxUnreadable, read_syntax

COLON = re.compile(r"\s*:")
PROPERTIES = re.compile(r"(?:[!&][^\s,\[\]{}]*[ \t]*)*")


def edit_text(text: str, changes: Sequence[Change], *, name: str) -> str:
    """The text with the changes of single keys, all of them or none; `text` is one that `parse_config` took.

    Raises `ConfigChangeInvalid` and `ConfigEditImpossible`.
    """
    if not changes:
        return text
    tree = change_tree(changes, name=name)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    try:
        syntax = read_syntax(text.removeprefix(mark))
    except SyntaxUnreadable as error:
        raise impossible(changes[0], str(error), name) from error
    edited = _Edit(syntax, tree, name).text()
    return mark + edited


class _Edit:
    """One text on its way through its changes. One use."""

    def __init__(self, syntax: Syntax, tree: Changes, name: str) -> None:
        self._syntax = syntax
        self._tree = tree
        self._name = name
        self._splices = Splices(syntax)
        self._fragments = {
            id(change): read_fragment(change, name=name)
            for change in leaves_of(tree)
            if not isinstance(change, RemoveKey)
        }

    def text(self) -> str:
        root = self._syntax.root
        if root is None:
            edited = self._into_nothing()
        else:
            if root.kind != "map":
                raise invalid(
                    self._first(self._tree), "has no place: the top of the text is no map", self._name
                )
            if self._is_hollow(root, self._tree):
                self._splices.put_block(self._new(self._tree), root.start, root.end, 0)
            else:
                self._walk(root, self._tree, None)
            edited = self._splices.applied()
        return self._checked(edited)

    def _checked(self, edited: str) -> str:
        """The text, if it means what it must. A block scalar at its end may need a line break behind it."""
        expected = changed_shape(self._syntax.root, self._tree, self._shape)
        for text in (edited, edited + self._splices.newline):
            try:
                root = read_syntax(text).root
            except SyntaxUnreadable:
                continue
            if root is not None and shape_of(root) == expected:
                return text
        raise impossible(self._first(self._tree), "the text around it would not stay as it is", self._name)

    def _shape(self, change: Change) -> Shape:
        node = self._fragments[id(change)].node
        return shape_of(node) if node is not None else None

    def _into_nothing(self) -> str:
        """Below the comments, if there are any."""
        for change in leaves_of(self._tree):
            if isinstance(change, RemoveKey):
                raise invalid(change, "is not there", self._name)
        text, bottom, newline = self._syntax.text, self._syntax.bottom, self._splices.newline
        lines = newline.join(self._new(self._tree).lines)
        before = newline if bottom and not LINE_BREAK.match(text, bottom - 1) else ""
        after = "" if before and bottom == len(text) else newline
        return f"{text[:bottom]}{before}{lines}{after}{text[bottom:]}"

    def _new(self, tree: Changes) -> Fragment:
        return new_entries(tree, self._fragments, self._splices.layout)

    def _first(self, tree: Changes | Change) -> Change:
        return next(leaves_of(tree))

    # --- finding -------------------------------------------------------------------------------------------

    def _walk(self, node: SyntaxNode, tree: Changes, slot: tuple[SyntaxNode, Entry] | None) -> None:
        """Changes inside of a map or list; `slot` is where it stands itself."""
        self._check_container(node, tree)
        known = node.by_part()
        has_merge = node.has_merge
        removed: list[Entry] = []
        added: Changes = {}
        for part, inner in tree.items():
            entry = known.get(part)
            if entry is None:
                self._check_new(node, part, inner, len(added), has_merge)
                added[part] = inner
                continue
            if entry.key is not None and self._is_explicit(entry.key):
                self._refuse(inner, "it is written with `?`", entry.start)
            if isinstance(inner, RemoveKey):
                self._check_shared(inner, entry)
                removed.append(entry)
            else:
                self._change(node, entry, inner)
        if node.style == "flow":
            edit_brackets(self._splices, node, removed, self._new(added) if added else None)
        else:
            self._finish(node, removed, added, slot)

    def _refuse(self, inner: Changes | Change, trouble: str, offset: int) -> None:
        raise impossible(self._first(inner), trouble, self._name, self._syntax.place(offset))

    def _check_container(self, node: SyntaxNode, tree: Changes) -> None:
        change = self._first(tree)
        place = self._syntax.place(node.start)
        if node.kind == "alias":
            raise impossible(change, f"it comes through the alias *{node.text}", self._name, place)
        if node.kind == "scalar":
            raise invalid(change, "is inside of what is a single value", self._name, place)
        if node.anchor and any(name == node.anchor for name, _ in self._syntax.aliases):
            self._refuse(tree, f"it is below the anchor &{node.anchor}, which is used elsewhere", node.start)
        if node.style == "flow" and not inside_brackets(self._syntax.text, node):
            self._refuse(tree, "it is in a map without brackets inside of a list", node.start)

    def _check_new(
        self, node: SyntaxNode, part: str, inner: Changes | Change, added: int, has_merge: bool
    ) -> None:
        place = self._syntax.place(node.start)
        changes = list(leaves_of(inner))
        if has_merge and isinstance(inner, dict | RemoveKey):
            raise impossible(changes[0], "it may come through the merge key `<<`", self._name, place)
        for change in changes:
            if isinstance(change, RemoveKey):
                raise invalid(change, "is not there", self._name, place)
        if node.kind == "list" and part != str(len(node.entries) + added):
            trouble = f"is not there: the list has {len(node.entries)} items"
            raise invalid(changes[0], trouble, self._name, place)

    def _check_shared(self, inner: Changes | Change, entry: Entry) -> None:
        """Nothing that goes may be repeated by an alias elsewhere."""
        start, end = entry.start, entry.value.end
        for node in (*(entry.key.within() if entry.key else ()), *entry.value.within()):
            if node.anchor and any(
                name == node.anchor and not start <= offset < end for name, offset in self._syntax.aliases
            ):
                self._refuse(inner, f"its anchor &{node.anchor} is used elsewhere", node.start)

    def _is_explicit(self, key: SyntaxNode) -> bool:
        before = self._syntax.text[self._syntax.line_start(key.start) : key.start].rstrip()
        return before.endswith("?")

    # --- writing -------------------------------------------------------------------------------------------

    def _change(self, parent: SyntaxNode, entry: Entry, inner: Changes | Change) -> None:
        value = entry.value
        if isinstance(inner, dict):
            hollow = value.is_empty or parent.style != "flow"
            if not hollow or not self._is_hollow(value, inner):
                self._walk(value, inner, (parent, entry))
                return
            new = self._new(inner)
        else:
            self._check_shared(inner, entry)
            new = self._fragments[id(inner)]
        if parent.style == "flow":
            self._replace_in_brackets(entry, new)
        else:
            self._replace(parent, entry, new)

    def _is_hollow(self, value: SyntaxNode, inner: Changes) -> bool:
        """Whether new entries become a map in lines in its place."""
        bare = value.kind == "map" and value.content == value.start and not value.entries
        return (value.is_empty or bare) and not any(
            isinstance(change, RemoveKey) for change in leaves_of(inner)
        )

    def _replace_in_brackets(self, entry: Entry, new: Fragment) -> None:
        value, key = entry.value, entry.key
        if not value.is_empty:
            self._splices.put(value.start, value.end, new.flow)
        elif key is not None and (colon := COLON.match(self._syntax.text, key.end)):
            space = " " if self._syntax.text[colon.end()] != " " else ""
            offset = colon.end() + 1 - len(space)
            self._splices.put(offset, offset, space + new.flow)
        elif key is not None:
            self._splices.put(key.end, key.end, f": {new.flow}")

    def _indicator(self, parent: SyntaxNode, entry: Entry) -> int:
        """Behind the `:` or `-` of an entry in lines."""
        if entry.key is None:
            return self._splices.dash(parent, entry) + 1
        colon = COLON.match(self._syntax.text, entry.key.end)
        return colon.end() if colon else entry.key.end

    def _replace(self, parent: SyntaxNode, entry: Entry, new: Fragment) -> None:
        indicator = self._indicator(parent, entry)
        start, end = self._hole(entry.value, indicator)
        column = self._syntax.column(parent.content)
        if new.kind == "below":
            self._splices.put_below(new, start, end, indicator, column, is_item=entry.key is None)
            return
        space = "" if self._syntax.text[start - 1 : start] in (" ", "\t") or start > indicator else " "
        if new.kind == "inline":
            rest = new.lines[1:] and indented(new.lines[1:], column + self._splices.layout.step)
            self._splices.put(start, end, space + self._splices.joined([new.lines[0], *rest]))
        else:
            self._splices.put(start, end, space + new.lines[0])
            self._splices.put_lines(end, indented(new.lines[1:], column))

    def _hole(self, value: SyntaxNode, indicator: int) -> tuple[int, int]:
        """What a new value takes the place of, on one line; the old value's other lines are cut."""
        syntax = self._syntax
        if value.is_empty:
            return indicator, indicator
        if value.kind == "scalar" and value.style == "block":
            self._splices.cut(syntax.line_end(value.head), syntax.line_end(value.end))
            return value.start, value.head
        same_line = syntax.line_start(indicator) == syntax.line_start(value.content)
        if not value.is_block or same_line:
            return value.start, value.end
        end = self._behind_properties(value, indicator)
        start = value.start if end > indicator else indicator
        self._splices.cut(syntax.line_end(end), syntax.line_end(value.end))
        return start, end

    def _behind_properties(self, value: SyntaxNode, indicator: int) -> int:
        """Behind the `:` or `-`, and the tag and anchor where they share its line."""
        if self._syntax.line_start(indicator) != self._syntax.line_start(value.start):
            return indicator
        found = PROPERTIES.match(self._syntax.text, value.start)
        return value.start + len(found[0].rstrip()) if found and found[0] else indicator

    def _finish(
        self, node: SyntaxNode, removed: list[Entry], added: Changes, slot: tuple[SyntaxNode, Entry] | None
    ) -> None:
        """Removed and new entries of a map or list in lines."""
        gone = {id(entry) for entry in removed}
        kept = [entry for entry in node.entries if id(entry) not in gone]
        column = self._syntax.column(node.content)
        lines: Sequence[str] = ()
        if added:
            is_list = node.kind == "list"
            lines = new_entries(added, self._fragments, self._splices.layout, items=is_list).lines
        if kept:
            self._splices.cut_entries(node, gone)
            if lines:
                self._splices.put_lines(kept[-1].value.end, indented(lines, column))
            return
        first = node.entries[0]
        lead = self._splices.lead(node, first)
        end = self._syntax.line_end(first.value.end)
        brackets = "{}" if node.kind == "map" else "[]"
        indicator = self._indicator(*slot) if slot is not None else 0
        self._splices.cut_entries(node, gone - {id(first)})
        if lines:
            self._splices.put(lead, end, self._splices.joined([lines[0], *indented(lines[1:], column)]))
        elif slot is None or self._syntax.line_start(indicator) == self._syntax.line_start(lead):
            self._splices.put(lead, end, brackets)
        else:
            self._splices.cut_entry(node, first)
            behind = self._behind_properties(node, indicator)
            self._splices.put(behind, behind, f" {brackets}")
