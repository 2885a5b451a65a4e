"""What may stand in an object in place of a scalar: something that a template computes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from cantata.core.config.quoting import quoted, yaml_text

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What a template can name behind a point; other keys need `index`."""
LARGE = 1_000_000
"""From here on Helm's own numbers print with an exponent."""


@dataclass(frozen=True, slots=True)
class Value:
    """A place that reads a value of the chart. Its default is what the object holds without it: a text, a
    number, a boolean, or a list or map.

    `comment` stands above the key in values.yaml. `required` is what the render says when the value is empty.
    The default of a secret is written into a config alone, never into the chart.
    """

    path: tuple[str, ...]
    default: Any
    comment: str = ""
    required: str = ""
    secret: bool = False

    @property
    def code(self) -> str:
        read = read_of(self.path)
        if self.required:
            argument = f"({read})" if " " in read else read
            read = f"required {literal(self.required)} {argument}"
        if isinstance(self.default, int) and not isinstance(self.default, bool) and self.default >= LARGE:
            return f"{read} | int64"
        return read


@dataclass(frozen=True, slots=True)
class Code:
    """An expression of a template, such as `.Release.Name`, that gives a text."""

    code: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text of which parts are computed."""

    parts: tuple[str | Value | Code, ...]


def places_in(value: Any) -> Iterator[Value]:
    """The values that an object reads, in the order in which they stand there."""
    if isinstance(value, Value):
        yield value
    elif isinstance(value, Text):
        yield from (part for part in value.parts if isinstance(part, Value))
    elif isinstance(value, dict):
        for item in value.values():
            yield from places_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from places_in(item)


def comment_lines(text: str) -> Iterator[str]:
    """A comment's lines, with nothing in them that YAML does not take."""
    for line in text.splitlines():
        yield "".join(char if char.isprintable() else " " for char in line).rstrip()


def block(text: str, pad: str) -> str:
    """A text of several lines as the value of a key at `pad`. Empty lines at its end would not be told from
    those that follow, such as the one that Helm adds to a document."""
    return quoted(text) if text.endswith("\n\n") else yaml_text(text, pad)


def literal(text: str) -> str:
    """A text as a template's code writes it."""
    return msgspec.json.encode(text).decode()


def read_of(path: tuple[str, ...]) -> str:
    """The code that reads a path of the values."""
    plain = next((index for index, part in enumerate(path) if not IDENTIFIER.fullmatch(part)), len(path))
    base = ".".join((".Values", *path[:plain]))
    rest = " ".join(literal(part) for part in path[plain:])
    return f"index {base} {rest}" if rest else base
