"""Keys in the values for what has names of its own: services, containers, Secrets, variables."""

from __future__ import annotations

import re
from collections.abc import Collection

from cantata.core.chart_text.place import IDENTIFIER

WORD = re.compile(r"[A-Za-z0-9]+")


def key_of(name: str) -> str:
    """What a template can write behind a point: `log-agent` is `logAgent`, `tls.crt` is `tlsCrt`, and what is
    a word already stays."""
    if IDENTIFIER.fullmatch(name):
        return name
    first, *rest = WORD.findall(name) or ["value"]
    key = first + "".join(part[0].upper() + part[1:] for part in rest)
    return key if IDENTIFIER.fullmatch(key) else f"n{key}"


class Keys:
    """Keys that are given away below one place, each once."""

    def __init__(self, reserved: Collection[str] = ()) -> None:
        self._taken = set(reserved)

    def take(self, name: str, kind: str = "") -> str:
        """The key of a name; where that is taken, with `kind` behind it, then with a number."""
        key = key_of(name)
        if key in self._taken and kind:
            key = f"{key}{kind}"
        found, number = key, 1
        while found in self._taken:
            number += 1
            found = f"{key}{number}"
        self._taken.add(found)
        return found
