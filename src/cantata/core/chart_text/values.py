"""The defaults of values as values.yaml, or as the text of a config."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cantata.core.chart_text.place import Value, block, comment_lines
from cantata.core.config.quoting import quoted, yaml_lines, yaml_scalar

Tree = dict[str, Any]


class ValueConflict(ValueError):
    """Two places of one path have different defaults, or one path leads through another."""


def values_text(values: Iterable[Value], *, secrets: bool = False, comment: str = "") -> str:
    """Each value under its path, below its comment, in the order in which they come.

    With `secrets` the text is a config's: secrets are in it, tagged `!secret`. Without, they are empty.
    """
    tree: Tree = {}
    for value in values:
        _put(tree, value)
    head = [f"# {line}".rstrip() for line in comment_lines(comment)]
    return "".join(
        f"{line}\n" for line in (*head, *([""] if head and tree else []), *_lines(tree, "", secrets))
    )


def _put(tree: Tree, value: Value) -> None:
    *above, last = value.path
    for part in above:
        inner: Any = tree.setdefault(part, {})
        if isinstance(inner, Value):
            raise ValueConflict(f"{_name(value)} leads through {_name(inner)}, which is a value")
        tree = inner
    found = tree.setdefault(last, value)
    if not isinstance(found, Value):
        raise ValueConflict(f"{_name(value)} is a value, and leads to others")
    if (found.default, found.secret) != (value.default, value.secret):
        raise ValueConflict(f"{_name(value)} has two defaults")


def _name(value: Value) -> str:
    return ".".join(value.path)


def _lines(tree: Tree, pad: str, secrets: bool) -> Iterator[str]:
    for index, (key, item) in enumerate(tree.items()):
        if not pad and index:
            yield ""
        head = f"{pad}{yaml_scalar(key)}:"
        if isinstance(item, Value):
            for number, line in enumerate(comment_lines(item.comment)):
                yield f"{pad}# {'' if number else '-- '}{line}".rstrip()
            yield from _value(head, item, pad, secrets)
        else:
            yield head
            yield from _lines(item, f"{pad}  ", secrets)


def _value(head: str, value: Value, pad: str, secrets: bool) -> Iterator[str]:
    if value.secret:
        yield f"{head} !secret {quoted(str(value.default))}" if secrets else f'{head} ""'
    elif isinstance(value.default, str) and "\n" in value.default:
        yield f"{head} {block(value.default, pad)}"
    elif isinstance(value.default, dict | list) and value.default:
        yield head
        yield from (f"{pad}  {line}" for line in yaml_lines(value.default))
    else:
        yield f"{head} {yaml_scalar(value.default)}"
