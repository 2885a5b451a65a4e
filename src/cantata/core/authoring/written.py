"""A YAML file of a template as it is written: where its words stand, and edits that keep everything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cantata.core.authoring.errors import TemplateFileUnreadable
from cantata.core.config import Change, ConfigChangeInvalid, ConfigEditImpossible, RemoveKey, edit_text
from cantata.core.config.editing.shapes import shape_of
from cantata.core.config.scalars import line_starts
from cantata.core.config.syntax import Entry, Syntax, SyntaxNode, SyntaxUnreadable, read_syntax
from cantata.errors import Place

MARK = "\ufeff"
COMMENT = re.compile(r"[ \t]*#")

Span = tuple[int, int, str]
"""Where something is replaced, and by what."""


@dataclass(frozen=True, slots=True)
class Written:
    """`text` has no byte order mark; `mark` is the one that stood before it."""

    path: str
    text: str
    syntax: Syntax
    mark: str = ""

    @classmethod
    def read(cls, path: str, text: str) -> Written:
        """Raises `TemplateFileUnreadable`."""
        bare = text.removeprefix(MARK)
        try:
            return cls(path, bare, read_syntax(bare), text[: len(text) - len(bare)])
        except SyntaxUnreadable as error:
            raise unreadable(path, str(error), bare.count("\n", 0, error.offset) + 1) from error

    def entry(self, *path: str) -> Entry | None:
        """What is written at a path of keys itself; what comes through an alias is not."""
        node, found = self.syntax.root, None
        for part in path:
            found = node.by_part().get(part) if node is not None and node.kind == "map" else None
            node = found.value if found is not None else None
        return found

    def node(self, *path: str) -> SyntaxNode | None:
        found = self.entry(*path) if path else None
        return found.value if found is not None else None

    def line(self, node: SyntaxNode) -> int:
        return self.syntax.place(node.start)[0]

    def replaced(self, spans: Iterable[Span]) -> str:
        text = self.text
        for start, end, new in sorted(spans, reverse=True):
            text = text[:start] + new + text[end:]
        return self.mark + text

    def edited(self, *changes: Change) -> str:
        """Raises `TemplateFileUnreadable`."""
        try:
            return self.mark + edit_text(self.text, changes, name=self.path)
        except (ConfigChangeInvalid, ConfigEditImpossible) as error:
            raise unreadable(self.path, error.message, error.place.line) from error

    def without(self, *path: str) -> str:
        """Without an entry and its own comments: those right above it, unless they stand above other entries,
        too. Raises `TemplateFileUnreadable`."""
        entry = self.entry(*path)
        parent = self.node(*path[:-1]) if path[:-1] else self.syntax.root
        if entry is None or parent is None:
            return self.mark + self.text
        lines = self._lines_of(entry) if parent.style == "block" and len(parent.entries) > 1 else None
        text = self._cut(*lines) if lines is not None else ""
        if lines is not None and self._only_lacks(text, path):
            return self.mark + text
        return self.edited(RemoveKey(path))

    def _lines_of(self, entry: Entry) -> tuple[int, int] | None:
        """From the line of the first own comment to behind the last line; None where the lines are shared."""
        lines = lines_of(self.text)
        first, last = self.syntax.place(entry.start)[0] - 1, self.syntax.place(entry.value.end)[0] - 1
        if lines[first][: self.syntax.column(entry.start)].strip():
            return None
        below = lines[last + 1] if last + 1 < len(lines) else ""
        if not below.strip() or COMMENT.match(below) or _indent(below) < _indent(lines[first]):
            while first > 0 and _is_comment(lines[first - 1], _indent(lines[first])):
                first -= 1
        return first, last + 1

    def _cut(self, first: int, behind: int) -> str:
        """Of the empty lines above and below, one stays."""
        lines = lines_of(self.text)
        above, below = lines[:first], lines[behind:]
        while above and not above[-1].strip() and (not below or not below[0].strip()):
            above.pop()
        return "".join(above + below)

    def _only_lacks(self, text: str, path: Sequence[str]) -> bool:
        try:
            expected = self.edited(RemoveKey(tuple(path))).removeprefix(MARK)
            after, before = read_syntax(text).root, read_syntax(expected).root
        except SyntaxUnreadable:
            return False
        return after is not None and before is not None and shape_of(after) == shape_of(before)


def lines_of(text: str) -> list[str]:
    """With their breaks, as YAML breaks lines."""
    starts = line_starts(text)
    return [
        text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True) if start < end
    ]


def _is_comment(line: str, indent: int) -> bool:
    return COMMENT.match(line) is not None and _indent(line) == indent


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def unreadable(path: str, trouble: str, line: int = 0) -> TemplateFileUnreadable:
    return TemplateFileUnreadable(
        f"{path} cannot be edited: {trouble}",
        subject=path,
        hint="Edit the file by hand.",
        place=Place(path, line),
    )


def text_of(files: Mapping[str, bytes], path: str) -> str:
    """Empty for a file that is not there. Raises `TemplateFileUnreadable`."""
    try:
        return files.get(path, b"").decode()
    except UnicodeDecodeError as error:
        raise unreadable(path, "it is not UTF-8 text") from error
