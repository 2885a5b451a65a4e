"""Where an object was rendered: the path of its template, taken apart."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import msgspec


class Source(msgspec.Struct, frozen=True):
    """`shop/charts/redis/templates/master/service.yaml` is subchart `redis`, file `master/service.yaml`.

    `subcharts` are the names on the way down, empty for the chart's own templates.
    """

    subcharts: tuple[str, ...]
    file: str

    @property
    def prefix(self) -> str:
        return "-".join(self.subcharts)

    @property
    def pattern_path(self) -> str:
        """What `files:` patterns are matched with: the path below `templates/`, and for a subchart's template
        the path below the chart (`charts/redis/templates/master/service.yaml`)."""
        if not self.subcharts:
            return self.file
        return "/".join(f"charts/{name}" for name in self.subcharts) + f"/templates/{self.file}"


def parse_source(path: str) -> Source:
    """Takes a template's path apart. What is not below `templates/` keeps its whole path as its file."""
    parts = path.split("/")[1:]
    subcharts = []
    while len(parts) > 2 and parts[0] == "charts":
        subcharts.append(parts[1])
        parts = parts[2:]
    if len(parts) > 1 and parts[0] == "templates":
        parts = parts[1:]
    return Source(tuple(subcharts), "/".join(parts) or path)


@functools.lru_cache(maxsize=4096)
def matches(pattern: str, path: str) -> bool:
    """Glob as in a shell: `*` and `?` stay within one folder, `**` crosses folders.

    Takes pattern × path steps at most. A regular expression would try all ways to spread a path over the
    stars, and patterns and paths are the chart's.
    """
    tokens = _tokens(pattern)
    places = _from(tokens, 0)
    for char in path:
        places = {after for place in places for after in _step(tokens, place, char)}
    return len(tokens) in places


STARS = frozenset({"*", "**", "**/"})
TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^][^\]/]+\]|\[[^\]/!^][^\]/]*\]|.", re.DOTALL)


@functools.lru_cache(maxsize=1024)
def _tokens(pattern: str) -> tuple[str, ...]:
    return tuple(TOKEN.findall(pattern))


def _from(tokens: Sequence[str], place: int) -> set[int]:
    """A place before a token and those behind it that it leads to at once, since stars may stand for
    nothing."""
    places = {place}
    while place < len(tokens) and tokens[place] in STARS:
        place += 1
        places.add(place)
    return places


def _step(tokens: Sequence[str], place: int, char: str) -> set[int]:
    """The places that one more character of the path leads to."""
    token = tokens[place] if place < len(tokens) else ""
    if token == "**/":
        return {place, *_from(tokens, place + 1)} if char == "/" else {place}
    if token == "**" or (token == "*" and char != "/"):
        return _from(tokens, place)
    return _from(tokens, place + 1) if token and _is(token, char) else set()


def _is(token: str, char: str) -> bool:
    """A character itself, any by `?`, or one of a set such as `[ab]` or `[!0-9]`."""
    if token == "?":
        return char != "/"
    if len(token) == 1:
        return char == token
    negated = token[1] in "!^"
    ranges = re.findall(r"(.)-(.)|(.)", token[2 if negated else 1 : -1], re.DOTALL)
    found = any(low <= char <= high if low else char == single for low, high, single in ranges)
    return char != "/" and found is not negated
