"""A config's JSON Schema and its effective values: what is checked, and where what is wrong was written.

The check itself is the renderer's `validate`, in a process that may be killed, for a small schema can take
hours; it follows no reference out of the schema.

    violations = await renderer.validate(schema, msgspec.json.encode(schema_values(leaves)))
    if violations: raise schema_violated(name, violations, leaves)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cantata.core.config.errors import ConfigSchemaViolated
from cantata.core.values.layers import LayerKind, Leaf, revealed
from cantata.errors import Detail, Place

MAX_DETAILS = 100
UNKNOWN_KEYS = re.compile(r"additional properties (.+) not allowed")
QUOTED = re.compile(r"'([^']*)'")
STRENGTH = {kind: rank for rank, kind in enumerate(LayerKind)}


def schema_values(leaves: Iterable[Leaf]) -> dict[str, Any]:
    """The leaves as one document, secrets in clear as strings: for the check only. What is null is left out,
    as it is for the templates."""
    document: dict[str, Any] = {}
    for leaf in leaves:
        if leaf.value is None:
            continue
        place = document
        for part in leaf.path[:-1]:
            place = place.setdefault(part, {})
        place.setdefault(leaf.path[-1], revealed(leaf.value))
    return document


def schema_violated(name: str, violations: Sequence[str], leaves: Sequence[Leaf]) -> ConfigSchemaViolated:
    details = schema_details(violations, leaves)
    first, more = details[0], len(violations) - 1
    also = f" (and {more} more)" if more else ""
    return ConfigSchemaViolated(
        f"config {name} does not fit its schema: {first.message}{also}",
        subject=f"config {name}",
        hint="Correct the values, or the schema.",
        place=first.place,
        details=details,
    )


def schema_details(violations: Iterable[str], leaves: Sequence[Leaf]) -> tuple[Detail, ...]:
    """The violations, lines such as `db.port: got string, want integer`, each with where its key is written.
    A trouble of a map has the place of the first key in it, of its strongest layer; that of an item its
    list's."""
    places = _Places(leaves)
    return tuple(detail for line in violations for detail in places.details(line))[:MAX_DETAILS]


class _Places:
    """The leaves by their keys, and by those of the maps that they are in."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self._at: dict[str, Leaf] = {leaf.key: leaf for leaf in leaves}
        for leaf in leaves:
            for length in range(len(leaf.path)):
                above = ".".join(leaf.path[:length])
                known = self._at.setdefault(above, leaf)
                if STRENGTH[known.origin.kind] < STRENGTH[leaf.origin.kind]:
                    self._at[above] = leaf

    def details(self, line: str) -> Iterator[Detail]:
        key, message = self._split(line)
        unknown = UNKNOWN_KEYS.fullmatch(message)
        if unknown is None:
            yield Detail(message, self._place(key))
            return
        for name in QUOTED.findall(unknown[1]):
            yield Detail("is not a key of the schema", self._place(f"{key}.{name}" if key else name))

    def _split(self, line: str) -> tuple[str, str]:
        """Both keys and messages may have a colon: the shortest beginning that is a key."""
        for match in re.finditer(": ", line):
            if self._find(line[: match.start()]) is not None:
                return line[: match.start()], line[match.end() :]
        return "", line

    def _find(self, key: str) -> Leaf | None:
        if key in self._at:
            return self._at[key]
        for match in re.finditer(r"\.", key):
            leaf = self._at.get(key[: match.start()])
            if leaf is not None and leaf.key == key[: match.start()] and isinstance(leaf.value, list):
                return leaf
        return None

    def _place(self, key: str) -> Place:
        leaf = self._find(key)
        if leaf is None:
            return Place(key=key)
        return Place(leaf.origin.layer, leaf.origin.line, leaf.origin.column, key)
