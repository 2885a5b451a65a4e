"""The text that is stored: a new `!secret value` becomes `!secret ref:<id>`, all else stays as written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cantata.core.config.document import SECRET_TAG, Path
from cantata.core.model.charts import YamlDocument

BLOCK = re.compile(r"[|>][-+0-9]*[ \t]*(#[^\n]*)?\n")


def seal_text(text: str, document: YamlDocument, ids: Mapping[Path, str]) -> str:
    """`ids` are the new secrets' ids by path. Works from the end, so that earlier positions stay true."""
    starts = line_starts(text)
    sealed = text
    nodes = [node for node in document.nodes if node.tag == SECRET_TAG and node.path in ids]
    for node in sorted(nodes, key=lambda node: (node.line, node.column), reverse=True):
        begin = value_start(text, starts[node.line - 1] + node.column - 1)
        end = value_end(text, begin)
        tail = "\n" if text[begin:end].endswith("\n") else ""
        sealed = f"{sealed[:begin]}ref:{ids[node.path]}{tail}{sealed[end:]}"
    return sealed


def line_starts(text: str) -> list[int]:
    starts = [0]
    starts.extend(match.end() for match in re.finditer("\n", text))
    return starts


def value_start(text: str, position: int) -> int:
    """A tagged scalar's position may be its tag's: skip the tag and the space after it."""
    if text.startswith(SECRET_TAG, position):
        position += len(SECRET_TAG)
        while position < len(text) and text[position] in " \t":
            position += 1
    return position


def value_end(text: str, begin: int) -> int:
    """Where the scalar that begins here ends: quoted, block or plain."""
    first = text[begin : begin + 1]
    if first == '"':
        return _closing(text, begin, '"', escape="\\")
    if first == "'":
        return _closing(text, begin, "'", escape="")
    if block := BLOCK.match(text, begin):
        return _block_end(text, begin, block.end())
    return _plain_end(text, begin)


def _closing(text: str, begin: int, quote: str, *, escape: str) -> int:
    position = begin + 1
    while position < len(text):
        doubled = not escape and text.startswith(quote * 2, position)
        if doubled or (escape and text[position] == escape):
            position += 2
        elif text[position] == quote:
            return position + 1
        else:
            position += 1
    return len(text)


def _indent_of(text: str, position: int) -> int:
    line = text.rfind("\n", 0, position) + 1
    return len(text[line:position]) - len(text[line:position].lstrip(" "))


def _block_end(text: str, begin: int, body: int) -> int:
    """A block scalar goes on while lines are blank or indented deeper than the line of its key."""
    outer, end = _indent_of(text, begin), body
    for line in re.finditer(r"[^\n]*(?:\n|$)", text[body:]):
        content = line[0].rstrip("\r\n")
        if not line[0]:
            break
        if content.strip() and len(content) - len(content.lstrip(" ")) <= outer:
            break
        if content.strip():
            end = body + line.end()
    return end


def _plain_end(text: str, begin: int) -> int:
    """A plain scalar ends before a comment or its line's end, in flow style also before `,` `}` `]`; it may
    go on over deeper indented lines."""
    flow = _in_flow(text, begin)
    stop = re.compile(r"[ \t]+#|[ \t]*\r?\n|[ \t]*$" + (r"|[ \t]*[,}\]]" if flow else ""))
    match = stop.search(text, begin)
    end = match.start() if match else len(text)
    outer = _indent_of(text, begin)
    while not flow and text[end : end + 1] in ("\n", "\r", " ", "\t"):
        more = re.compile(r"[ \t]*\r?\n( +)(?=[^\s#])").match(text, end)
        if more is None or len(more[1]) <= outer:
            break
        match = stop.search(text, more.end())
        end = match.start() if match else len(text)
    return end


def _in_flow(text: str, begin: int) -> bool:
    line = text[text.rfind("\n", 0, begin) + 1 : begin]
    return line.count("{") > line.count("}") or line.count("[") > line.count("]")
