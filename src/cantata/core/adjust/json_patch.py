"""JSON Patch (RFC 6902) over JSON Pointers (RFC 6901), without changing anything in place.

Our own, since a library tells neither the operation nor the path at which it failed, has no types, and the
rules are one page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec


class Misfit(Exception):
    """A patch that cannot be read or applied, at a path (a JSON Pointer, or a dotted path of a merge)."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path = path
        self.why = why


class Operation(msgspec.Struct, frozen=True):
    op: str
    path: tuple[str, ...]
    source: tuple[str, ...] = ()
    value: Any = None


NEEDS = {"add": "value", "replace": "value", "test": "value", "move": "from", "copy": "from", "remove": ""}
"""The operations, with the member that each needs beside `op` and `path`."""

LARGEST = 2 * 1024 * 1024
"""Bytes of an object: more than etcd takes. Without a bound, a few copies of copies fill the memory."""

MOST = 200
"""Operations of a patch: each may make an object one level deeper."""

INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def read_operations(content: Any) -> tuple[Operation, ...]:
    """Raises `Misfit`."""
    if not isinstance(content, list) or not content:
        raise Misfit("", "a JSON patch is a list of operations")
    if len(content) > MOST:
        raise Misfit("", f"it has more than {MOST} operations")
    return tuple(_read(item) for item in content)


def _read(item: Any) -> Operation:
    if not isinstance(item, dict) or not isinstance(item.get("op"), str):
        raise Misfit("", "each operation is a map with `op` and `path`")
    path, op = item.get("path"), item["op"]
    if not isinstance(path, str):
        raise Misfit("", f"operation `{op}` has no `path`")
    if op not in NEEDS:
        raise Misfit(path, f"there is no operation `{op}`; there are {', '.join(sorted(NEEDS))}")
    needed = NEEDS[op]
    if needed and needed not in item:
        raise Misfit(path, f"operation `{op}` needs `{needed}`")
    source = item["from"] if needed == "from" else ""
    if not isinstance(source, str):
        raise Misfit(path, "`from` is not a path")
    return Operation(op, parse_pointer(path), parse_pointer(source), item.get("value"))


def parse_pointer(text: str) -> tuple[str, ...]:
    """Raises `Misfit`."""
    if text and not text.startswith("/"):
        raise Misfit(text, "a path begins with `/`, such as `/spec/replicas`")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])


def print_pointer(path: Sequence[str]) -> str:
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in path)


def apply_operations(document: Any, operations: Sequence[Operation]) -> Any:
    """Raises `Misfit` for the first operation that does not fit."""
    for operation in operations:
        document = _APPLY[operation.op](document, operation)
    return document


def _add(document: Any, operation: Operation) -> Any:
    return _set(document, operation.path, operation.value)


def _remove(document: Any, operation: Operation) -> Any:
    _find(document, operation.path)
    return _without(document, operation.path, operation.path)


def _replace(document: Any, operation: Operation) -> Any:
    _find(document, operation.path)
    return _set(document, operation.path, operation.value, over=True)


def _move(document: Any, operation: Operation) -> Any:
    value, source = _find(document, operation.source), operation.source
    if source == operation.path:
        return document
    if operation.path[: len(source)] == source:
        raise Misfit(print_pointer(operation.path), "nothing moves into itself")
    return _set(_without(document, source, source), operation.path, value)


def _copy(document: Any, operation: Operation) -> Any:
    copied = _set(document, operation.path, _find(document, operation.source))
    if len(msgspec.json.encode(copied)) > LARGEST:
        raise Misfit(print_pointer(operation.path), "the object becomes too large")
    return copied


def _test(document: Any, operation: Operation) -> Any:
    if not _equal(_find(document, operation.path), operation.value):
        raise Misfit(print_pointer(operation.path), "it is not what the patch tests for")
    return document


_APPLY: dict[str, Callable[[Any, Operation], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _find(document: Any, path: Sequence[str]) -> Any:
    found = document
    for depth, token in enumerate(path, start=1):
        if isinstance(found, dict) and token in found:
            found = found[token]
        elif isinstance(found, list):
            found = found[_index(found, token, path[:depth])]
        else:
            raise Misfit(print_pointer(path[:depth]), "there is nothing at this path")
    return found


def _index(items: list[Any], token: str, path: Sequence[str]) -> int:
    if not INDEX.fullmatch(token) or int(token) >= len(items):
        raise Misfit(print_pointer(path), f"the list has {len(items)} items, and none at this path")
    return int(token)


def _set(document: Any, path: Sequence[str], value: Any, *, over: bool = False) -> Any:
    """`over` replaces an item of a list, else it is inserted before that."""
    return _edit(
        document, path, path, lambda parent, token: _put(parent, token, value, path, over=over), value
    )


def _put(parent: Any, token: str, value: Any, path: Sequence[str], *, over: bool) -> Any:
    if isinstance(parent, dict):
        return {**parent, token: value}
    if token == "-" and not over:
        return [*parent, value]
    if not over and token == str(len(parent)):
        return [*parent, value]
    index = _index(parent, token, path)
    return [*parent[:index], value, *parent[index + over :]]


def _without(document: Any, path: Sequence[str], whole: Sequence[str]) -> Any:
    def drop(parent: Any, token: str) -> Any:
        if isinstance(parent, dict):
            return {key: item for key, item in parent.items() if key != token}
        index = _index(parent, token, whole)
        return [*parent[:index], *parent[index + 1 :]]

    return _edit(document, path, whole, drop, None)


def _edit(
    document: Any,
    path: Sequence[str],
    whole: Sequence[str],
    change: Callable[[Any, str], Any],
    root: Any,
) -> Any:
    """The document with `change` made to the parent of what is at the path; `root` where that is all."""
    if not path:
        return root
    token, rest = path[0], path[1:]
    if not isinstance(document, dict | list):
        raise Misfit(print_pointer(whole[: len(whole) - len(path)]), "there is nothing below this path")
    if not rest:
        return change(document, token)
    at = whole[: len(whole) - len(rest)]
    if isinstance(document, dict):
        if token not in document:
            raise Misfit(print_pointer(at), "there is nothing at this path")
        return {**document, token: _edit(document[token], rest, whole, change, root)}
    index = _index(document, token, at)
    return [*document[:index], _edit(document[index], rest, whole, change, root), *document[index + 1 :]]


def _equal(left: Any, right: Any) -> bool:
    """As JSON: `true` is not 1, but 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)
