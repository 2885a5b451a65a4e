"""Values that stand for secrets in a second render.

A sentinel has its secret's shape, character for character, so that a template does the same with it: digits
are digits, letters are letters of the same case, everything else stays. Its letters are none that a
hexadecimal number has, so that a hash is told from a piece of it.
"""

from __future__ import annotations

import base64
import hashlib
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cantata.core.config import Path, SecretText
from cantata.core.values import Effective, secret_forms

LOWER, UPPER, DIGITS = "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ", "123456789"
UNIQUE = 12
"""Letters and digits that a sentinel has at least: nothing else is the same by chance."""
PIECE = 8
"""Characters of a sentinel that are taken for a piece of it."""


@dataclass(frozen=True, slots=True)
class Sentinels:
    """`values` are what the renderer gets in the place of the real ones, `keys` the config's key of each
    sentinel, `texts` all forms that `mask` takes out."""

    values: dict[str, Any]
    keys: Mapping[str, str]
    texts: frozenset[str]
    _pieces: Mapping[str, str] = field(default_factory=dict)

    def find(self, text: str) -> tuple[str, ...]:
        """The keys whose sentinels stand in a text, whole, in part, in other case, or encoded."""
        found = {
            key for sentinel, key in self.keys.items() if any(form in text for form in _encoded(sentinel))
        }
        folded = text.casefold()
        for start in range(len(folded) - PIECE + 1):
            key = self._pieces.get(folded[start : start + PIECE])
            if key is not None:
                found.add(key)
        return tuple(sorted(found))


OPAQUE = "x" * 16
"""The shape of what says nothing of a secret, not even that."""


def make_sentinels(effective: Effective, *, opaque: bool = False) -> Sentinels:
    """With `opaque`, all have the same shape, whatever the secrets look like: others than those who may see
    them write the templates."""
    values, keys = effective.values(), dict[str, str]()
    shape = OPAQUE if opaque else ""
    for leaf in effective.leaves:
        if leaf.secret and leaf.value is not None:
            _put(values, leaf.path, _replaced(leaf.value, leaf.path, keys, shape))
    pieces = {piece: key for sentinel, key in keys.items() for piece in _pieces(sentinel)}
    texts = frozenset(form for sentinel in keys for form in secret_forms(sentinel))
    return Sentinels(values, keys, texts, pieces)


def sentinel_of(path: Path, text: str) -> str:
    """The same for the same path and shape; says nothing of the text but its shape."""
    choose = _choices("\0".join(path))
    lines = text.split("\n")
    shaped = "\n".join(line if line.startswith("-----") else _shaped(line, choose) for line in lines)
    end = max((i + 1 for i, char in enumerate(shaped) if char.isalnum()), default=0)
    missing = UNIQUE - sum(char.isalnum() for char in shaped)
    more = "".join(_shaped(_last(shaped[:end]), choose) for _ in range(missing))
    return shaped[:end] + more + shaped[end:]


def _last(text: str) -> str:
    return text[-1] if text and text[-1].isascii() else "x"


def _shaped(text: str, choose: Iterator[int]) -> str:
    return "".join(_like(char, choose) for char in text)


def _like(char: str, choose: Iterator[int]) -> str:
    for kind in (LOWER, UPPER, DIGITS):
        if (char.islower(), char.isupper(), char.isdigit()) == (
            kind is LOWER, kind is UPPER, kind is DIGITS,
        ) and char.isascii():  # fmt: skip
            return kind[next(choose) % len(kind)]
    return char


def _choices(seed: str) -> Iterator[int]:
    number = 0
    while True:
        yield from hashlib.blake2b(f"{number}\0{seed}".encode()).digest()
        number += 1


def _replaced(value: Any, path: Path, keys: dict[str, str], shape: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, (*path, key), keys, shape) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, (*path, str(index)), keys, shape) for index, item in enumerate(value)]
    if not isinstance(value, SecretText):
        return value
    if not value.reveal():
        return ""
    sentinel = sentinel_of(path, shape or value.reveal())
    keys[sentinel] = ".".join(path)
    return sentinel


def _put(values: dict[str, Any], path: Path, value: Any) -> None:
    for name in path[:-1]:
        inner = values.get(name)
        if not isinstance(inner, dict):
            inner = values[name] = {}
        values = inner
    values[path[-1]] = value


def _encoded(sentinel: str) -> Iterator[str]:
    yield sentinel
    yield urllib.parse.quote(sentinel, safe="")
    content = sentinel.encode()
    yield content.hex()
    for before in range(3):
        # Of what stands in the middle of an encoded text, the groups that hold nothing else.
        whole = base64.b64encode(b"\0" * before + content).decode()
        yield whole[4 if before else 0 : (before + len(content)) // 3 * 4]


def _pieces(sentinel: str) -> Iterator[str]:
    folded = sentinel.casefold()
    for line in folded.split("\n"):
        if not line.startswith("-----"):
            yield from (line[start : start + PIECE] for start in range(len(line) - PIECE + 1))
