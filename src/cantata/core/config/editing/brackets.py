"""Entries of maps and lists in brackets, removed and added."""

from __future__ import annotations

import re

from cantata.core.config.editing.fragments import Fragment
from cantata.core.config.editing.splices import Splices
from cantata.core.config.quoting import quoted, yaml_scalar
from cantata.core.config.syntax import BLANK_OR_COMMENT, Entry, SyntaxNode

REST_IS_COMMENT = re.compile(r"[ \t]*(?:#.*)?")


def inside_brackets(text: str, node: SyntaxNode) -> bool:
    """`[a: 1]` holds a map that has no brackets of its own."""
    return text.startswith(("{", "["), node.content)


def edit_brackets(splices: Splices, node: SyntaxNode, removed: list[Entry], new: Fragment | None) -> None:
    """Takes entries away and puts the content of `new`, a map or list of new entries, behind the others."""
    gone = {id(entry) for entry in removed}
    kept = [entry for entry in node.entries if id(entry) not in gone]
    items = _items(splices, node, new) if new is not None else []
    if not kept:
        if removed or items:
            splices.put(node.content + 1, node.end - 1, ", ".join(items))
        return
    tail_cut = _cut_tail(splices, node, kept[-1])
    cut = node.entries.index(kept[-1]) + 1 if tail_cut else len(node.entries)
    for entry in node.entries[:cut]:
        if id(entry) in gone:
            _cut_entry(splices, entry)
    if items:
        _append(splices, node, kept[-1], items)


def _items(splices: Splices, node: SyntaxNode, new: Fragment) -> list[str]:
    """The texts of new entries, keys quoted where the last key is, as in JSON."""
    if node.kind == "list":
        return [value for _, value in new.entries]
    last = node.entries[-1].key if node.entries else None
    is_json = last is not None and splices.syntax.text.startswith('"', last.content)
    write = quoted if is_json else yaml_scalar
    return [f"{write(key)}: {value}" for key, value in new.entries]


def _comma(splices: Splices, entry: Entry) -> int:
    """Behind the comma of an entry, or -1."""
    end = entry.value.end
    found = BLANK_OR_COMMENT.match(splices.syntax.text, end)
    offset = found.end() if found else end
    return offset + 1 if splices.syntax.text.startswith(",", offset) else -1


def _own_line(splices: Splices, entry: Entry, end: int) -> bool:
    text, syntax = splices.syntax.text, splices.syntax
    before = text[syntax.line_start(entry.start) : entry.start]
    return not before.strip() and REST_IS_COMMENT.fullmatch(text, end, syntax.line_end(end)) is not None


def _cut_tail(splices: Splices, node: SyntaxNode, last: Entry) -> bool:
    """The entries behind the last one that stays, together with the comma before them."""
    end = node.entries[-1].value.end
    if node.entries[-1] is last or _comma(splices, node.entries[-1]) >= 0:
        return False
    if "#" in splices.syntax.text[last.value.end : node.entries[-1].start]:
        return False
    splices.cut(last.value.end, end)
    return True


def _cut_entry(splices: Splices, entry: Entry) -> None:
    text = splices.syntax.text
    comma = _comma(splices, entry)
    end = comma if comma >= 0 else entry.value.end
    if _own_line(splices, entry, end):
        splices.cut_lines(entry.start, end)
        return
    while text[end : end + 1] in (" ", "\t"):
        end += 1
    splices.cut(entry.start, end)


def _append(splices: Splices, node: SyntaxNode, last: Entry, items: list[str]) -> None:
    """On lines of their own where the last one has its own."""
    end, syntax = last.value.end, splices.syntax
    comma = _comma(splices, last) if node.entries[-1] is last else -1
    if node.entries[-1] is last and _own_line(splices, last, max(comma, end)):
        indent = " " * syntax.column(last.start)
        if comma < 0:
            splices.put(end, end, ",")
        lines = [f"{indent}{item}," for item in items]
        lines[-1] = lines[-1] if comma >= 0 else lines[-1].removesuffix(",")
        splices.put_lines(max(comma, end), lines)
    else:
        splices.put(end, end, "".join(f", {item}" for item in items))
