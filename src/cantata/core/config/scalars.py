"""Where a scalar that is tagged `!secret` begins and ends in the text.

A `YamlNode` says where a value starts, and for a tagged one this may be its tag, its anchor or its content,
whatever the parser thinks. The end it does not say at all. Both are found by looking at the text, with one
fact that saves a second YAML parser: a plain or block scalar has in the text exactly the characters of its
parsed content, but for white space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cantata.core.model.charts import YamlNode

SECRET_TAG = "!secret"
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
WHITE = frozenset(" \t\n\r\x85\u2028\u2029\ufeff")
PROPERTY = re.compile(r"[!&][^\s,\[\]{}]*")
SPACE_OR_COMMENT = re.compile(r"(?:\s+(?:#.*)?)+")
TAG_BEFORE = re.compile(r"!secret\s+\Z")
BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
DOUBLE_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
SINGLE_QUOTED = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of a scalar's content in the text. `body` is what else belongs to a block scalar: the lines
    below its header. An empty scalar has `start == end`, right behind its tag."""

    start: int
    end: int
    body: tuple[int, int] | None = None


def line_starts(text: str) -> list[int]:
    """Offsets where the lines begin; a byte order mark is no part of the first."""
    first = 1 if text.startswith("\ufeff") else 0
    return [first, *(match.end() for match in LINE_BREAK.finditer(text))]


def find_span(text: str, starts: list[int], node: YamlNode) -> Span | None:
    """The content of a secret scalar, or None where `!secret` is not written right before it (it came through
    a tag handle, or an anchor or a comment stands between)."""
    if not 0 < node.line <= len(starts):
        return None
    offset = starts[node.line - 1] + node.column - 1
    while match := PROPERTY.match(text, offset):
        offset = match.end()
        if match[0] == SECRET_TAG and not node.quoted and not node.text:
            return Span(offset, offset)
        space = SPACE_OR_COMMENT.match(text, offset)
        offset = space.end() if space else offset
    if TAG_BEFORE.search(text, max(0, offset - 400), offset) is None:
        return None
    return _content(text, offset, node)


def _content(text: str, start: int, node: YamlNode) -> Span | None:
    if not node.quoted:
        return Span(start, _skip_visible(text, start, _visible(node.text)))
    if header := BLOCK_HEADER.match(text, start):
        return _block(text, start, header.end(), node)
    quoted = DOUBLE_QUOTED.match(text, start) or SINGLE_QUOTED.match(text, start)
    return Span(start, quoted.end()) if quoted else None


def _block(text: str, start: int, end: int, node: YamlNode) -> Span:
    """The header is replaced, so a comment behind it stays; the lines below it go."""
    line_end = LINE_BREAK.search(text, end)
    if line_end is None:
        return Span(start, end)
    top = line_end.end()
    last = _skip_visible(text, top, _visible(node.text))
    if last == top:
        return Span(start, end)
    bottom = _next_line(text, last)
    # Lines of spaces and tabs are content of a block but may not stand behind a plain scalar.
    cursor = bottom
    while cursor < len(text):
        following = _next_line(text, cursor)
        line = text[cursor:following]
        if line.strip(" \t\r\n"):
            break
        cursor = following
        if "\t" in line:
            bottom = cursor
    return Span(start, end, (top, bottom))


def _next_line(text: str, offset: int) -> int:
    found = LINE_BREAK.search(text, offset)
    return found.end() if found else len(text)


def _visible(text: str) -> int:
    return sum(char not in WHITE for char in text)


def _skip_visible(text: str, offset: int, count: int) -> int:
    """The offset behind the `count`th character that is not white, from `offset` on."""
    while count and offset < len(text):
        count -= text[offset] not in WHITE
        offset += 1
    return offset
