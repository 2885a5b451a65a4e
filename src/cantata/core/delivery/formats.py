"""A subtree of entries as the text of one file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cantata.core.config import Path
from cantata.core.config.quoting import yaml_lines
from cantata.core.delivery.entries import Entry
from cantata.core.delivery.environment import VALID_NAME, environment_name
from cantata.core.values.layers import revealed

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
BARE = re.compile(r"[-A-Za-z0-9_./:@%+,]*")
SHELL_SPECIAL = re.compile(r'(["\\$`])')
PROPERTY_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}

Row = tuple[Path, Entry]


def format_subtree(entries: Sequence[Entry], key: str, format_: str) -> str:
    """The entries below `key` (empty: all) as yaml, json, properties or dotenv, with paths from there.

    Secrets stand in clear: an entry that is one makes the whole file secret.
    """
    return FORMATS[format_](_rows(entries, key))


def _rows(entries: Sequence[Entry], key: str) -> list[Row]:
    return [(_below(entry, key), entry) for entry in entries]


def _below(entry: Entry, key: str) -> Path:
    """The part of the path behind `key`. A written key may hold dots, and so may lie across."""
    if not key:
        return entry.path
    for length in range(1, len(entry.path)):
        if ".".join(entry.path[:length]) == key:
            return entry.path[length:]
    return (entry.key[len(key) + 1 :],)


def _tree(rows: Sequence[Row]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, entry in rows:
        place = tree
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = exact(entry)
    return tree


def exact(entry: Entry) -> Any:
    """A number stays as it is written: 20 digits are no float."""
    value = revealed(entry.value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and NUMBER.fullmatch(entry.reveal()):
        return msgspec.Raw(entry.reveal().encode())
    return value


# --- json and yaml -----------------------------------------------------------------------------------------


def _json(rows: Sequence[Row]) -> str:
    return msgspec.json.format(msgspec.json.encode(_tree(rows)), indent=2).decode() + "\n"


def _yaml(rows: Sequence[Row]) -> str:
    return "".join(f"{line}\n" for line in yaml_lines(_tree(rows)))


# --- properties --------------------------------------------------------------------------------------------


def _properties(rows: Sequence[Row]) -> str:
    return "".join(
        f"{_property('.'.join(path), ' :=#!')}={_property_value(entry.reveal())}\n" for path, entry in rows
    )


def _property(text: str, special: str) -> str:
    """As `java.util.Properties` reads it, in Latin-1 as in UTF-8."""
    return "".join(
        PROPERTY_ESCAPES.get(char) or (f"\\{char}" if char in special else _ascii(char)) for char in text
    )


def _property_value(text: str) -> str:
    """Only spaces in front would be lost."""
    body = text.lstrip(" ")
    return "\\ " * (len(text) - len(body)) + _property(body, "")


def _ascii(char: str) -> str:
    if " " <= char <= "~":
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


# --- dotenv ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Variables:
    """`left_out` are entries whose name is none (an empty one stands beside them) or is taken already."""

    named: dict[str, Entry] = field(default_factory=dict)
    left_out: list[tuple[Entry, str]] = field(default_factory=list)


def variables(entries: Sequence[Entry], key: str) -> Variables:
    """The variables of a subtree by their names, as a dotenv file has them."""
    return _variables(_rows(entries, key))


def _variables(rows: Sequence[Row]) -> Variables:
    found = Variables()
    for path, entry in rows:
        name = environment_name(".".join(path))
        if not VALID_NAME.fullmatch(name):
            found.left_out.append((entry, ""))
        elif found.named.setdefault(name, entry) is not entry:
            found.left_out.append((entry, name))
    return found


def _dotenv(rows: Sequence[Row]) -> str:
    """As a POSIX shell reads it, and the readers of `.env` files that know quotes."""
    return "".join(f"{name}={_shell(entry.reveal())}\n" for name, entry in _variables(rows).named.items())


def _shell(text: str) -> str:
    if BARE.fullmatch(text):
        return text
    return f"'{text}'" if "'" not in text else '"' + SHELL_SPECIAL.sub(r"\\\1", text) + '"'


FORMATS: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "dotenv": _dotenv,
    "json": _json,
    "properties": _properties,
    "yaml": _yaml,
}
