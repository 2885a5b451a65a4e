"""Values as YAML that every reader takes for the same: kubectl's, with its `yes` and `n`, and newer ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

PLAIN = re.compile(r"[A-Za-z/][-A-Za-z0-9_./]*")
NOT_PLAIN = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that some YAML reader takes for a boolean or for nothing."""
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][-+][0-9]+)?)?")
"""Numbers that every YAML version reads alike: an exponent needs a point and a sign."""
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
NO_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|(?m:^[ \t]+$)")
"""What a literal block does not keep: control characters, and for some readers lines of blanks alone."""


def yaml_scalar(value: Any) -> str:
    """A JSON value on one line: plain where it is plain text, numbers as they are, everything else quoted, an
    empty list or map in brackets. A `msgspec.Raw` is a number as written."""
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in NOT_PLAIN:
        return value
    text = msgspec.json.encode(value).decode()
    if isinstance(value, msgspec.Raw | float) and not NUMBER.fullmatch(text):
        return _number(text)
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def yaml_lines(value: Any) -> Iterator[str]:
    """A JSON value in block style, line by line."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            lines = list(yaml_lines(item))
            if isinstance(item, dict | list) and item:
                yield f"{yaml_scalar(key)}:"
                yield from (f"  {line}" for line in lines)
            else:
                yield f"{yaml_scalar(key)}: {lines[0]}"
    elif isinstance(value, list) and value:
        for item in value:
            first, *rest = yaml_lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield yaml_scalar(value)


def yaml_text(text: str, indent: str = "") -> str:
    """A text as the value of a key that stands at `indent`: a literal block where one keeps every character,
    which people can read, else in double quotes."""
    if not text.strip() or NO_BLOCK.search(text):
        return quoted(text)
    # Without the digit, the blanks of the first line would be taken for indentation.
    digit = "2" if text[0] in " \t\n" else ""
    lines = text.split("\n")
    keep = "-" if lines[-1] else "+" if lines[-2] == "" else ""
    body = "".join(f"\n{indent}  {line}" if line else "\n" for line in (lines if keep == "-" else lines[:-1]))
    return f"|{digit}{keep}{body}"


def quoted(text: str) -> str:
    """A text in double quotes, on one line."""
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", msgspec.json.encode(text).decode())


def _number(text: str) -> str:
    digits, _, exponent = text.lower().partition("e")
    sign = "" if exponent[0] in "+-" else "+"
    return f"{digits if '.' in digits else f'{digits}.0'}e{sign}{exponent}"
