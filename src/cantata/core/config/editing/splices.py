"""Pieces of a text that are replaced, collected and applied at once; and where they go in block style."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from cantata.core.config.editing.fragments import Fragment, Layout, indented
from cantata.core.config.scalars import LINE_BREAK
from cantata.core.config.syntax import BLANK_OR_COMMENT, Entry, Syntax, SyntaxNode
from cantata.errors import InternalError


class Splices:
    """`newline` and `layout` are how the text does it."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        found = LINE_BREAK.search(syntax.text)
        self.newline = found[0] if found and found[0] in ("\r\n", "\r") else "\n"
        self._indexes: dict[int, dict[int, int]] = {}
        self._pieces: list[tuple[int, int, str]] = []
        self._head = 0
        """Up to here whole lines are cut from the beginning of the text: the next has no break before it."""

    @functools.cached_property
    def layout(self) -> Layout:
        return _layout(self.syntax)

    def applied(self) -> str:
        written: list[str] = []
        done = 0
        for start, end, piece in sorted(self._pieces, key=lambda each: each[:2]):
            if start < done:
                raise InternalError("two changes of one text overlap")
            written += (self.syntax.text[done:start], piece)
            done = end
        return "".join((*written, self.syntax.text[done:]))

    def put(self, start: int, end: int, piece: str) -> None:
        self._pieces.append((start, end, piece))

    def cut(self, start: int, end: int) -> None:
        if start < end:
            self.put(start, end, "")

    def joined(self, lines: Sequence[str]) -> str:
        return self.newline.join(lines)

    def put_lines(self, offset: int, lines: Sequence[str]) -> None:
        """Below the line of `offset`, behind its comment."""
        if lines:
            end = self.syntax.line_end(offset)
            self.put(end, end, self.newline + self.joined(lines))

    def put_block(self, new: Fragment, start: int, end: int, column: int) -> None:
        """Lines in the place of a value; below it where a comment or something in front keeps the line."""
        text, syntax = self.syntax.text, self.syntax
        tail = text[end : syntax.line_end(end)].strip()
        if not tail and syntax.line_start(start) == start:
            self.put(start, end, self.joined(indented(new.lines, column)))
            return
        self.cut(start, end)
        self.put_lines(end, indented(new.lines, column))

    def put_below(
        self, new: Fragment, start: int, end: int, indicator: int, column: int, *, is_item: bool
    ) -> None:
        """A map or list in lines, for the key or item whose `:` or `-` ends at `indicator`."""
        text, syntax = self.syntax.text, self.syntax
        stop = syntax.line_end(end)
        tail = text[end:stop].strip()
        same_line = syntax.line_start(start) == syntax.line_start(indicator)
        width = column + (2 if is_item else self.layout.list_offset if new.is_list else self.layout.step)
        if is_item and same_line and not tail:
            space = "" if start > indicator else " "
            width = syntax.column(start) + len(space)
            self.put(start, end, space + self.joined([new.lines[0], *indented(new.lines[1:], width)]))
            return
        blank = start
        while blank > indicator and text[blank - 1] in " \t":
            blank -= 1
        if same_line:
            self.cut(blank, stop if not tail else end)
        elif tail:
            self.cut(start, end)
        else:
            self.cut(self._break_before(syntax.line_start(start)), stop)
        self.put_lines(end, indented(new.lines, width))

    def _break_before(self, line: int) -> int:
        """Where the break before a line stands."""
        return line - 2 if self.syntax.text[:line].endswith("\r\n") else max(line - 1, 0)

    # --- entries in lines ----------------------------------------------------------------------------------

    def dash(self, parent: SyntaxNode, entry: Entry) -> int:
        """The `-` of an item."""
        at = self._index(parent)[id(entry)]
        offset = parent.entries[at - 1].value.end if at else parent.content
        found = BLANK_OR_COMMENT.match(self.syntax.text, offset)
        return found.end() if found and at else offset

    def _index(self, parent: SyntaxNode) -> dict[int, int]:
        if id(parent) not in self._indexes:
            self._indexes[id(parent)] = {id(entry): at for at, entry in enumerate(parent.entries)}
        return self._indexes[id(parent)]

    def lead(self, parent: SyntaxNode, entry: Entry) -> int:
        """Where an entry begins: its key, or its `-`."""
        return entry.start if entry.key is not None else self.dash(parent, entry)

    def cut_entries(self, node: SyntaxNode, gone: Iterable[int]) -> None:
        """Entries (by `id`) of a map or list that keeps others. The first may share its line with the `-` of
        what it is in; the next that stays then moves up."""
        left = set(gone)
        if node.entries and id(node.entries[0]) in left and not self._begins_line(node, node.entries[0]):
            run = 0
            while id(node.entries[run]) in left:
                left.discard(id(node.entries[run]))
                run += 1
            self._cut_run(node, run)
        for entry in node.entries:
            if id(entry) in left:
                self.cut_entry(node, entry)

    def _begins_line(self, node: SyntaxNode, entry: Entry) -> bool:
        lead = self.lead(node, entry)
        return not self.syntax.text[self.syntax.line_start(lead) : lead].strip(" ")

    def _cut_run(self, node: SyntaxNode, run: int) -> None:
        start, text = self.lead(node, node.entries[0]), self.syntax.text
        end = node.entries[run - 1].value.end
        following = self.lead(node, node.entries[run])
        line_end = self.syntax.line_end(end)
        if text[line_end:following].strip():
            self.cut(start, line_end)
        else:
            self.cut(start, following)

    def cut_entry(self, node: SyntaxNode, entry: Entry) -> None:
        """The lines of an entry that begins one, with the comment behind its value."""
        self.cut_lines(self.lead(node, entry), entry.value.end)

    def cut_lines(self, first: int, last: int) -> None:
        """The whole lines from one offset to another."""
        line = self.syntax.line_start(first)
        end = self.syntax.line_end(last)
        if line > self._head:
            self.cut(self._break_before(line), end)
        else:
            found = LINE_BREAK.match(self.syntax.text, end)
            self._head = found.end() if found else end
            self.cut(line, self._head)


def _layout(syntax: Syntax) -> Layout:
    step = offset = -1
    for node in syntax.root.within() if syntax.root is not None else ():
        if node.kind != "map" or node.style != "block":
            continue
        for entry in node.entries:
            deeper = syntax.column(entry.value.content) - syntax.column(node.content)
            if entry.value.is_block and entry.value.kind == "map" and step < 0:
                step = deeper
            elif entry.value.is_block and entry.value.kind == "list" and offset < 0:
                offset = deeper
        if step >= 0 and offset >= 0:
            break
    step = step if step > 0 else 2
    return Layout(step, offset if offset >= 0 else step)
