"""Every leaf of the effective values as an entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cantata.core.config import Path, SecretText
from cantata.core.values import Effective, Leaf
from cantata.core.values.layers import Origin, revealed

VALID_KEY = re.compile(r"(?!\.\.)(?!\.\Z)[-._a-zA-Z0-9]{1,253}")
"""What may be a key of a ConfigMap or Secret. Config documents hold no other; a chart's defaults may."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`key` is the path joined by `.`; `text` what a variable or file holds; `value` the JSON, with secrets
    as `SecretText`. `made_of` are the keys of the leaves in it, empty for a leaf; `origin` is where a leaf is
    written, if that is known."""

    path: Path
    text: str | SecretText
    value: Any
    made_of: tuple[str, ...] = ()
    origin: Origin | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        return ".".join(self.path)

    @property
    def secret(self) -> bool:
        return isinstance(self.text, SecretText)

    def reveal(self) -> str:
        return self.text.reveal() if isinstance(self.text, SecretText) else self.text


def entries(values: Effective) -> tuple[Entry, ...]:
    """All layers, the chart's defaults included. Strings are as they are, other scalars as written in YAML,
    lists and empty maps compact JSON; null is an absent entry."""
    return tuple(_entries(values.leaves))


def _entries(leaves: tuple[Leaf, ...]) -> Iterator[Entry]:
    for leaf in leaves:
        if leaf.value is not None:
            text = _text(leaf)
            yield Entry(leaf.path, SecretText(text) if leaf.secret else text, leaf.value, origin=leaf.origin)


def _text(leaf: Leaf) -> str:
    if isinstance(leaf.value, str):
        return leaf.value
    if isinstance(leaf.value, SecretText):
        return leaf.value.reveal()
    if isinstance(leaf.text, str) and leaf.text and not isinstance(leaf.value, dict | list):
        return leaf.text
    return msgspec.json.encode(revealed(leaf.value)).decode()


def under(entry: Entry, key: str) -> bool:
    """Whether `key` selects the entry: as its own key, as a subtree around it, or, empty, as one of all."""
    return within(entry.key, key)


def within(inner: str, key: str) -> bool:
    return not key or inner == key or inner.startswith(f"{key}.")
