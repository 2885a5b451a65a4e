"""From a field of a manifest back to what a person edits.

A field comes from a line of a template file, and what that line prints from values that it reads. The line is
found by the field's name, the values among those that the file is known to read: they stand in the field's
value, or are read on that very line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cantata.core.cards.evidence import Blame, Sources
from cantata.core.model.cards import Remedy
from cantata.core.model.variables import Spot
from cantata.core.values import Leaf
from cantata.core.variables import Use

SHORTEST = 3
"""A shorter value stands in others by chance: it counts only where it is all of the field's value."""
MOST = 3
"""How many places a card names for one field."""


@dataclass(frozen=True, slots=True)
class Candidate:
    use: Use
    leaf: Leaf
    on_line: bool
    exact: bool
    named: int
    """The better the key's name fits, the lower."""


def remedies(blames: Iterable[Blame], sources: Sources) -> tuple[Remedy, ...]:
    """Each place once, in the order of the blames, the likeliest of each first."""
    found: dict[Remedy, None] = {}
    for blame in blames:
        found |= dict.fromkeys(_of(blame, sources))
    keyed = {(each.file, each.line) for each in found if each.key}
    return tuple(each for each in found if each.key or (each.file, each.line) not in keyed)


def _of(blame: Blame, sources: Sources) -> list[Remedy]:
    lines = list(_lines(blame, sources))
    places = {Spot(file, line) for file, line, _ in lines}
    chosen = _chosen(list(_candidates(blame, sources, places)))
    if chosen:
        return [_remedy(each, places) for each in chosen[:MOST]]
    literal = [(file, line) for file, line, text in lines if blame.value and blame.value in text]
    return [Remedy(file=file, line=line) for file, line in (literal or _only(lines))[:1]]


def _only(lines: list[tuple[str, int, str]]) -> list[tuple[str, int]]:
    """A line that does not show the value is told only where no other could be meant."""
    return [(file, line) for file, line, _ in lines] if len(lines) == 1 else []


def _lines(blame: Blame, sources: Sources) -> Iterator[tuple[str, int, str]]:
    """The lines of the template files that write the field."""
    pattern = re.compile(rf"""(?:^|[\s{{,"'-]){re.escape(blame.name)}["']?\s*:""")
    for file, text in sorted(sources.texts.items()):
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                yield file, number, line


def _candidates(blame: Blame, sources: Sources, places: set[Spot]) -> Iterator[Candidate]:
    for use in sources.uses:
        leaf = use.leaf
        if leaf is None or leaf.path != use.path or isinstance(leaf.value, dict | list):
            continue
        text = _text(leaf)
        exact = bool(text) and text == blame.value
        contained = exact or (len(text) >= SHORTEST and _stands_in(text, blame.value))
        on_line = not places.isdisjoint(use.places)
        named = _named(use.path, blame.words)
        # Without a value to compare, the line and the name have to do.
        fits = contained if blame.value else on_line
        if fits and (on_line or named < len(blame.words) or len(text) >= 2 * SHORTEST):
            yield Candidate(use, leaf, on_line, exact, named)


def _chosen(candidates: list[Candidate]) -> list[Candidate]:
    """Values that are read on the field's line go before those that merely have its text."""
    best = [each for each in candidates if each.on_line] or candidates
    if any(each.exact for each in best):
        best = [each for each in best if each.exact]
    return sorted(best, key=lambda each: (each.named, each.use.path))


def _named(path: tuple[str, ...], words: tuple[str, ...]) -> int:
    """How well a key's name fits: by the last part, then by those above."""
    parts = [part.lower() for part in path]
    for index, word in enumerate(words):
        if parts and word in parts[-1]:
            return index
    return len(words) - 1 if words and any(word in part for word in words for part in parts) else len(words)


def _stands_in(text: str, value: str) -> bool:
    """`1.2` stands in `shop/web:1.2`, not in `shop/web:1.20`."""
    return bool(re.search(rf"(?<![A-Za-z0-9]){re.escape(text)}(?![A-Za-z0-9])", value))


def _text(leaf: Leaf) -> str:
    if leaf.secret:
        return ""
    value: Any = leaf.value
    return "true" if value is True else "false" if value is False else "" if value is None else str(value)


def _remedy(found: Candidate, places: set[Spot]) -> Remedy:
    leaf = found.leaf.masked()
    spots = [spot for spot in found.use.places if spot in places] or [
        spot for spot in found.use.places if spot.line
    ]
    spot = min(spots, default=Spot(""))
    return Remedy(
        key=found.use.key,
        value=_text(found.leaf) if not leaf.secret else "****",
        origin=leaf.origin.layer,
        origin_line=leaf.origin.line,
        file=spot.file,
        line=spot.line,
    )
