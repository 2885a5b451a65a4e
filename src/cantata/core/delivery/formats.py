"""A subtree of entries as the text of one file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from cantata.core.config import Path
from cantata.core.delivery.entries import Entry
from cantata.core.delivery.environment import environment_name
from cantata.core.values.layers import revealed

PLAIN = re.compile(r"[A-Za-z_/][-A-Za-z0-9_./]*")
NOT_PLAIN = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that some YAML reader takes for a boolean or for nothing."""

Row = tuple[Path, Entry]


def format_subtree(entries: Sequence[Entry], key: str, format_: str) -> str:
    """The entries at and below `key` (empty: all) as yaml, json, properties or dotenv, with paths from there.

    Secrets stand in clear: an entry that is one makes the whole file secret.
    """
    return FORMATS[format_]([(_below(entry, key), entry) for entry in entries])


def _below(entry: Entry, key: str) -> Path:
    """The part of the path behind `key`. A written key may hold dots, and so may lie across."""
    if not key:
        return entry.path
    for length in range(1, len(entry.path) + 1):
        if ".".join(entry.path[:length]) == key:
            return entry.path[length:]
    return (entry.key[len(key) + 1 :],)


def _tree(rows: Sequence[Row]) -> Any:
    tree: dict[str, Any] = {}
    for path, entry in rows:
        if not path:
            return revealed(entry.value)
        place = tree
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = revealed(entry.value)
    return tree


def _json(rows: Sequence[Row]) -> str:
    return msgspec.json.format(msgspec.json.encode(_tree(rows)), indent=2).decode() + "\n"


def _yaml(rows: Sequence[Row]) -> str:
    return "".join(f"{line}\n" for line in _yaml_lines(_tree(rows)))


def _yaml_lines(value: Any) -> Iterator[str]:
    """Block style with JSON scalars, which every YAML reader takes alike."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            lines = list(_yaml_lines(item))
            if isinstance(item, dict | list) and item:
                yield f"{_yaml_scalar(key)}:"
                yield from (f"  {line}" for line in lines)
            else:
                yield f"{_yaml_scalar(key)}: {lines[0]}"
    elif isinstance(value, list) and value:
        for item in value:
            first, *rest = _yaml_lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield _yaml_scalar(value)


def _yaml_scalar(value: Any) -> str:
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in NOT_PLAIN:
        return value
    return msgspec.json.encode(value).decode()


PROPERTY_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}


def _property(text: str, *, key: bool) -> str:
    """As java.util.Properties writes it: every separator in a key, only a first space in a value."""
    escaped = "".join(PROPERTY_ESCAPES.get(char, char) for char in text)
    if key:
        return re.sub(r"([ :=#!])", r"\\\1", escaped)
    return f"\\{escaped}" if escaped.startswith(" ") else escaped


def _properties(rows: Sequence[Row]) -> str:
    return "".join(
        f"{_property('.'.join(path or entry.path[-1:]), key=True)}={_property(entry.reveal(), key=False)}\n"
        for path, entry in rows
    )


DOTENV_ESCAPES = {"\\": "\\\\", '"': '\\"', "$": "\\$", "`": "\\`", "\n": "\\n", "\r": "\\r"}


def _dotenv(rows: Sequence[Row]) -> str:
    lines = []
    for path, entry in rows:
        text = "".join(DOTENV_ESCAPES.get(char, char) for char in entry.reveal())
        lines.append(f'{environment_name(".".join(path or entry.path[-1:]))}="{text}"\n')
    return "".join(lines)


FORMATS: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "dotenv": _dotenv,
    "json": _json,
    "properties": _properties,
    "yaml": _yaml,
}
