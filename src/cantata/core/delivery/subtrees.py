"""Names of entries that hold a whole subtree in a format."""

from __future__ import annotations

import re
from collections.abc import Collection

from cantata.core.delivery.entries import within

WHOLE = "config."
NAME = re.compile(r"(.+?)(\.{2,})(?:yaml|json|properties|dotenv)")


def subtree_name(key: str, format_: str, taken: Collection[str]) -> str:
    """The double dot keeps the name apart from entries, whatever keys they have."""
    name = f"{key or WHOLE}..{format_}"
    while name in taken:
        name = name.replace("..", "...", 1)
    return name


def holds(entry: str, key: str) -> bool:
    """Whether the entry of a service's own object is the key, or a subtree with it."""
    if entry == key:
        return True
    match = NAME.fullmatch(entry)
    if match is None:
        return False
    whole = match[1] == WHOLE.rstrip(".") and len(match[2]) > len("..")
    return whole or (key != match[1] and within(key, match[1]))
