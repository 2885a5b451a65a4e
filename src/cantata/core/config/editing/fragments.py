"""A value on its way into a text: as it goes behind a key, below it in lines, or into brackets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cantata.core.config.document import Path
from cantata.core.config.editing.changes import Change, Changes, SetSecret, invalid
from cantata.core.config.quoting import quoted, yaml_scalar
from cantata.core.config.scalars import LINE_BREAK
from cantata.core.config.syntax import FLOW_SPECIAL, Syntax, SyntaxNode, SyntaxUnreadable, read_syntax


@dataclass(frozen=True, slots=True)
class Fragment:
    """`lines` begin at column 0. `kind` says where they go: `inline` behind the key; `header` (a block
    scalar) the first behind the key and the others below; `below` (a map or list in lines) all of them below.

    `flow` is the same on one line, as it stands in brackets. New entries together have each one's key and
    `flow` in `entries`; what was given as a text has its `node`.
    """

    kind: str
    lines: tuple[str, ...]
    flow: str
    node: SyntaxNode | None = None
    entries: tuple[tuple[str, str], ...] = ()

    @property
    def is_list(self) -> bool:
        return self.node is not None and self.node.kind == "list"


Fragments = Mapping[int, Fragment]
"""What keys are set to, by the `id` of the change."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The indentation of a map in a map, and of a list in a map."""

    step: int
    list_offset: int


def new_entries(tree: Changes, fragments: Fragments, layout: Layout, *, items: bool = False) -> Fragment:
    """Entries of a map, or `items` of a list, that are not there yet."""
    entries = tuple(
        (
            part,
            new_entries(inner, fragments, layout).flow
            if isinstance(inner, dict)
            else fragments[id(inner)].flow,
        )
        for part, inner in tree.items()
    )
    flow = f"{{{', '.join(f'{yaml_scalar(key)}: {value}' for key, value in entries)}}}"
    return Fragment("below", tuple(_lines(tree, fragments, layout, items)), flow, entries=entries)


def _lines(tree: Changes, fragments: Fragments, layout: Layout, items: bool) -> Iterator[str]:
    for part, inner in tree.items():
        new = new_entries(inner, fragments, layout) if isinstance(inner, dict) else fragments[id(inner)]
        lead = "-" if items else f"{yaml_scalar(part)}:"
        first, *rest = new.lines
        if new.kind == "below" and not items:
            yield lead
            yield from indented(new.lines, layout.list_offset if new.is_list else layout.step)
        else:
            yield f"{lead} {first}"
            inner_width = 0 if new.kind == "header" else 2 if items else layout.step
            yield from indented(rest, inner_width)


def read_fragment(change: Change, *, name: str) -> Fragment:
    """The value of a `SetKey` or `SetSecret`. Raises `ConfigChangeInvalid`, which does not show the value."""
    source = _source(change, name)
    try:
        syntax = read_syntax(source)
    except SyntaxUnreadable as error:
        raise invalid(change, f"is given what is no value: {error}", name) from error
    root = syntax.root
    if root is None:
        raise invalid(change, "is given an empty text: write null or '' for an empty value", name)
    if syntax.explicit:
        raise invalid(change, "is given a document with `---` or `...`, not a value", name)
    if syntax.aliases or any(node.anchor for node in root.within()):
        raise invalid(change, "is given a value with anchors or aliases", name)
    if root.is_block:
        if root.content != root.start:
            raise invalid(change, "is given a tag on a map or list in lines: write it in brackets", name)
        return Fragment("below", _below(syntax, root), flow_text(root, source), root)
    lines = tuple(source[root.start : root.end].split("\n"))
    if root.kind == "scalar" and root.style == "block":
        return Fragment("header", _block_scalar(syntax, root), flow_text(root, source), root)
    rest = (line.lstrip(" \t") for line in lines[1:])
    return Fragment("inline", (lines[0], *rest), flow_text(root, source), root)


def source_of(syntax: Syntax, path: Path) -> str | None:
    """A value as it is written at a path, fit for a `SetKey`: from column 0, comments in it included. None
    where it is not written there itself, or has anchors or aliases."""
    node = syntax.root
    for part in path:
        entry = node.by_part().get(part) if node is not None else None
        node = entry.value if entry is not None else None
    if node is None or any(each.anchor or each.kind == "alias" for each in node.within()):
        return None
    if node.is_empty:
        return "null"
    if not node.is_block:
        written = LINE_BREAK.sub("\n", syntax.text[node.start : node.end])
        return written if node.style != "block" else _from_column_0(syntax, node)
    if node.content != node.start:
        return None
    lines = LINE_BREAK.sub("\n", syntax.text[node.start : node.end]).split("\n")
    column = syntax.column(node.start)
    return "\n".join((lines[0], *(_less(line, column) for line in lines[1:]), ""))


def _from_column_0(syntax: Syntax, node: SyntaxNode) -> str:
    """A block scalar without the comment behind its header. Its lines may be indented by a number."""
    header = syntax.text[node.start : node.head]
    if any(char.isdigit() for char in header):
        return f"{syntax.text[node.start : node.content]}{quoted(node.text)}"
    body = LINE_BREAK.sub("\n", syntax.text[syntax.line_end(node.head) : node.end]).split("\n")[1:]
    column = min((len(line) - len(line.lstrip(" ")) for line in body if line.strip(" \t")), default=0)
    return "\n".join((header, *(_less(line, column - 1) for line in body))) + "\n"


def _less(line: str, column: int) -> str:
    """Without that much indentation, if it has it."""
    return line[min(column, len(line) - len(line.lstrip(" "))) :]


def _source(change: Change, name: str) -> str:
    """With a line break at the end, as there will be one behind it in the text."""
    if isinstance(change, SetSecret):
        if change.value.reveal().startswith("ref:"):
            raise invalid(change, "is given a secret that begins with `ref:`, as a reference does", name)
        return f"!secret {quoted(change.value.reveal())}"
    text: str = getattr(change, "value_text", "")
    ended = text.removeprefix("\ufeff").removesuffix("\n") + "\n"
    return LINE_BREAK.sub(lambda match: "\n" if match[0] in "\r\n" else match[0], ended)


def _below(syntax: Syntax, root: SyntaxNode) -> tuple[str, ...]:
    """Comments between the lines stay, those above and below go."""
    column = syntax.column(root.start)
    text = syntax.text[syntax.line_start(root.start) : syntax.line_end(root.end)]
    return tuple(_less(line, column) for line in text.split("\n"))


def _block_scalar(syntax: Syntax, root: SyntaxNode) -> tuple[str, ...]:
    """Without the comment behind the header; with the empty lines below that `+` keeps."""
    header = syntax.text[root.start : root.head]
    body = syntax.text[syntax.line_end(root.head) : root.end].split("\n")[1:]
    return (header, *body)


def flow_text(node: SyntaxNode, source: str) -> str:
    """A node on one line, for the inside of brackets. Comments in it are lost."""
    tag = "".join(f"{part} " for part in source[node.start : node.content].split() if part[0] == "!")
    if node.kind == "map":
        inner = (f"{_key(entry.key, source)}: {flow_text(entry.value, source)}" for entry in node.entries)
        return f"{tag}{{{', '.join(inner)}}}"
    if node.kind == "list":
        return f"{tag}[{', '.join(flow_text(entry.value, source) for entry in node.entries)}]"
    written = source[node.content : node.end]
    if node.style == "block" or "\n" in written or (node.style == "plain" and FLOW_SPECIAL & set(written)):
        written = quoted(node.text)
    return tag + (written or "null")


def _key(key: SyntaxNode | None, source: str) -> str:
    return flow_text(key, source) if key is not None else yaml_scalar("")


def indented(lines: Sequence[str], width: int) -> list[str]:
    """Empty lines stay empty."""
    return [" " * width + line if line else line for line in lines]
