"""Objects as the text of a template. Rendered with the defaults, it gives the objects again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cantata.core.chart_text.order import in_order
from cantata.core.chart_text.place import Code, Text, Value, block, comment_lines, literal
from cantata.core.config.quoting import quoted, yaml_scalar

OPENING = "{{"
HARMLESS = re.compile(r"[^\"\\{}\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]*")
"""What a computed text may hold without being escaped inside of double quotes."""


def template_text(objects: Sequence[Mapping[str, Any]], comment: str = "") -> str:
    """Objects hold `Value`, `Code` and `Text` where something is computed. `comment` is the file's head."""
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment_lines(comment))
    texts = ("".join(f"{line}\n" for line in _map(each, 0, "")) for each in objects)
    return escaped(head) + "---\n".join(texts)


def escaped(text: str) -> str:
    """A text in which templates see no code of theirs."""
    return text.replace(OPENING, '{{ "{{" }}')


def _map(value: Mapping[str, Any], indent: int, under: str) -> Iterator[str]:
    for key, item in in_order(value, under):
        yield from _entry(f"{escaped(yaml_scalar(key))}:", item, indent, key)


def _list(value: Sequence[Any], indent: int) -> Iterator[str]:
    for item in value:
        yield from _entry("-", item, indent, "")


def _entry(head: str, value: Any, indent: int, key: str) -> Iterator[str]:
    """`head` is a key with its colon, or the dash of a list, which stands at `indent`."""
    pad = " " * indent
    if isinstance(value, Mapping | list | tuple) and value:
        inner = indent + 2
        lines = _map(value, inner, key) if isinstance(value, Mapping) else _list(value, inner)
        if head == "-":
            yield f"{pad}- {next(lines)[inner:]}"
        else:
            yield pad + head
        yield from lines
    elif isinstance(value, Value) and isinstance(value.default, dict | list):
        yield f"{pad}{head} {OPENING}- toYaml {_argument(value.code)} | nindent {indent + 2} }}}}"
    else:
        yield f"{pad}{head} {_scalar(value, pad)}"


def _scalar(value: Any, pad: str) -> str:
    match value:
        case Value(default=str()) | Code():
            return f"{OPENING} {value.code} | quote }}}}"
        case Value():
            return f"{OPENING} {value.code} }}}}"
        case Text():
            return _computed(value)
        case str() if "\n" in value:
            return escaped(block(value, pad))
        case tuple():
            return "[]"
    return escaped(yaml_scalar(value))


def _computed(text: Text) -> str:
    """In double quotes with its code in between, as people write it; where a default would have to be
    escaped there, by `printf`."""
    if all(HARMLESS.fullmatch(str(part.default)) for part in text.parts if isinstance(part, Value)):
        return '"' + "".join(map(_part, text.parts)) + '"'
    form = "".join(part.replace("%", "%%") if isinstance(part, str) else "%v" for part in text.parts)
    arguments = " ".join(_argument(part.code) for part in text.parts if not isinstance(part, str))
    return f"{OPENING} printf {literal(form)} {arguments} | quote }}}}"


def _part(part: str | Value | Code) -> str:
    if not isinstance(part, str):
        return f"{OPENING} {part.code} }}}}"
    inside = escaped(quoted(part)[1:-1])
    # A brace right before code would be taken for a part of it.
    return inside[:-1] + '{{ "{" }}' if inside.endswith("{") else inside


def _argument(code: str) -> str:
    return f"({code})" if " " in code else code
