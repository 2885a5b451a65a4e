"""What stands where in a YAML text: the nodes as they are written, each with its beginning and its end.

The render worker says what a text means and where its values begin; its parser does not keep the ends. They
come from libyaml's events, the C library that the worker's parser was translated from. Nothing is resolved
here: an alias is an alias, a merge key a key.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from cantata.core.config.scalars import BLOCK_HEADER, LINE_BREAK, PROPERTY, line_starts

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml, as in every wheel. Built without it, the same in Python, which is slower."""
MAX_SYNTAX_DEPTH = 100
BLANK_OR_COMMENT = re.compile(r"(?:\s+(?:#[^\n\r\x85\u2028\u2029]*)?)*")
FLOW_SPECIAL = frozenset(",[]{}\n")
"""What a plain scalar cannot have inside of brackets."""
COLLECTIONS: dict[type, str] = {yaml.MappingStartEvent: "map", yaml.SequenceStartEvent: "list"}


class SyntaxUnreadable(Exception):
    """The text is no YAML for this reader. `offset` is where it was noticed."""

    def __init__(self, trouble: str, offset: int = 0) -> None:
        super().__init__(trouble)
        self.offset = offset


@dataclass(slots=True, eq=False)
class Entry:
    """A key and its value in a map; an item of a list has no key."""

    key: SyntaxNode | None
    value: SyntaxNode

    @property
    def start(self) -> int:
        return (self.key or self.value).start


@dataclass(slots=True, eq=False)
class SyntaxNode:
    """`kind` is `scalar`, `list`, `map` or `alias`; `style` is `plain`, `quoted`, `block` or `flow`.

    `start` is the node's first character, its tag or anchor included; `content` is behind those; `end` is on
    the node's last line, before the line break. `head` is where a block scalar's header ends.
    """

    kind: str
    style: str
    start: int
    content: int
    end: int
    text: str = ""
    tag: str = ""
    anchor: str = ""
    head: int = 0
    entries: Sequence[Entry] = ()
    _parts: dict[str, Entry] | None = None

    def by_part(self) -> dict[str, Entry]:
        """The entries by key, or by index written as text."""
        if self._parts is None and self.kind == "list":
            self._parts = {str(index): entry for index, entry in enumerate(self.entries)}
        elif self._parts is None:
            keyed = ((entry.key, entry) for entry in self.entries)
            self._parts = {key.text: each for key, each in keyed if key is not None and key.kind == "scalar"}
        return self._parts

    @property
    def is_empty(self) -> bool:
        """Nothing is written at all: a null."""
        return self.kind == "scalar" and self.style == "plain" and self.start == self.end

    @property
    def is_block(self) -> bool:
        """A list or map in lines, without brackets."""
        return self.style == "block" and self.kind in ("list", "map")

    @property
    def has_merge(self) -> bool:
        return self.kind == "map" and any(
            entry.key is not None and entry.key.text == "<<" and entry.key.style == "plain"
            for entry in self.entries
        )

    def within(self) -> Iterator[SyntaxNode]:
        """The node and all below it, keys included."""
        yield self
        for entry in self.entries:
            if entry.key is not None:
                yield from entry.key.within()
            yield from entry.value.within()


@dataclass(slots=True)
class Syntax:
    """A text taken apart. `root` is None where it holds nothing but comments; `bottom` is where its content
    would end; `aliases` are names and offsets; `explicit` says that the document has a `---` or `...`."""

    text: str
    root: SyntaxNode | None
    bottom: int
    aliases: list[tuple[str, int]]
    explicit: bool = False
    _starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._starts = line_starts(self.text)

    def line_start(self, offset: int) -> int:
        return self._starts[bisect_right(self._starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Where the line's break stands."""
        found = LINE_BREAK.search(self.text, offset)
        return found.start() if found else len(self.text)

    def column(self, offset: int) -> int:
        return offset - self.line_start(offset)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, counted from 1."""
        return bisect_right(self._starts, offset), self.column(offset) + 1


def read_syntax(text: str) -> Syntax:
    """Takes one document apart; the text has no byte order mark. Raises `SyntaxUnreadable`."""
    try:
        return _Reader(text).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise SyntaxUnreadable("the text is no valid YAML", mark.index if mark else 0) from None
    except yaml.YAMLError:
        raise SyntaxUnreadable("the text is no valid YAML") from None


class _Reader:
    """One text on its way from events to nodes. One use."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._syntax = Syntax(text, None, len(text), [])
        self._open: list[tuple[SyntaxNode, list[Entry]]] = []
        self._keys: list[SyntaxNode | None] = []
        self._documents = 0

    def read(self) -> Syntax:
        event: Any
        for event in yaml.parse(self._text, Loader=LOADER):
            kind = type(event)
            if kind is yaml.DocumentStartEvent:
                self._documents += 1
                if self._documents > 1:
                    raise SyntaxUnreadable("the text has more than one document", event.start_mark.index)
                self._syntax.explicit = bool(event.explicit)
            elif kind is yaml.DocumentEndEvent and event.explicit:
                self._syntax.explicit, self._syntax.bottom = True, event.start_mark.index
            elif kind in COLLECTIONS:
                self._begin(event)
            elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
                self._finish(event)
            elif kind is yaml.AliasEvent:
                start, end = event.start_mark.index, event.end_mark.index
                self._syntax.aliases.append((event.anchor, start))
                self._add(SyntaxNode("alias", "plain", start, start, end, text=event.anchor))
            elif kind is yaml.ScalarEvent:
                self._add(self._scalar(event))
        if self._syntax.root is not None and self._syntax.root.is_empty:
            self._syntax.root = None
        return self._syntax

    def _content(self, event: Any) -> int:
        """Behind tag and anchor, and what stands between those and the content."""
        offset: int = event.start_mark.index
        if event.anchor is None and event.tag is None:
            return offset
        while match := PROPERTY.match(self._text, offset):
            offset = match.end()
            spaces = BLANK_OR_COMMENT.match(self._text, offset)
            offset = spaces.end() if spaces else offset
        return offset

    def _scalar(self, event: Any) -> SyntaxNode:
        start, end = event.start_mark.index, event.end_mark.index
        content = min(self._content(event), end)
        node = SyntaxNode(
            "scalar", "plain", start, content, end, event.value, event.tag or "", event.anchor or ""
        )
        if event.style in ("|", ">"):
            node.style = "block"
            header = BLOCK_HEADER.match(self._text, content)
            node.head = header.end() if header else content
            node.end = self._body_end(node, end)
        elif event.style in ("'", '"'):
            node.style = "quoted"
        return node

    def _body_end(self, node: SyntaxNode, end: int) -> int:
        """The end of the last line that counts. Empty lines below a block scalar belong to it for the parser;
        but for `+`, and where they have more spaces than the text, they change nothing."""
        header = self._text[node.content : node.head]
        lines: list[tuple[int, str]] = []
        offset = self._line_below(node.head)
        while offset < end:
            below = self._line_below(offset)
            lines.append((offset, self._text[offset : min(below, end)].rstrip("\r\n\x85\u2028\u2029")))
            offset = below
        filled = [line for _, line in lines if line.strip(" \t")]
        indents = [len(line) - len(line.lstrip(" ")) for line in filled]
        width = 0 if any(char.isdigit() for char in header) else min(indents, default=0)
        while lines and "+" not in header and not lines[-1][1].strip(" \t") and len(lines[-1][1]) <= width:
            lines.pop()
        return lines[-1][0] + len(lines[-1][1]) if lines else node.head

    def _line_below(self, offset: int) -> int:
        found = LINE_BREAK.search(self._text, offset)
        return found.end() if found else len(self._text)

    def _begin(self, event: Any) -> None:
        start = event.start_mark.index
        if len(self._open) >= MAX_SYNTAX_DEPTH:
            raise SyntaxUnreadable(f"the text is nested deeper than {MAX_SYNTAX_DEPTH}", start)
        node = SyntaxNode(
            COLLECTIONS[type(event)],
            "flow" if event.flow_style else "block",
            start,
            self._content(event),
            start,
            tag=event.tag or "",
            anchor=event.anchor or "",
        )
        self._add(node)
        entries: list[Entry] = []
        node.entries = entries
        self._open.append((node, entries))
        self._keys.append(None)

    def _finish(self, event: Any) -> None:
        node, _ = self._open.pop()
        self._keys.pop()
        if self._text.startswith(("{", "["), node.content) and node.style == "flow":
            node.end = event.end_mark.index
        elif node.entries:
            node.end = node.entries[-1].value.end

    def _add(self, node: SyntaxNode) -> None:
        if not self._open:
            self._syntax.root = node
            return
        parent, entries = self._open[-1]
        if parent.kind == "list":
            entries.append(Entry(None, node))
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = node
        else:
            entries.append(Entry(key, node))
            self._keys[-1] = None
