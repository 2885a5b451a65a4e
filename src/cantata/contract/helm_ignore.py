"""`.helmignore`: which files of a chart's folder are no part of the chart, by Helm's own rules.

They look like those of git and are not: the first rule that matches decides, `**` does not exist, and a rule
with `!` leaves out everything that it does *not* match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FILE = ".helmignore"
ALWAYS = "templates/.?*"
"""Hidden files among the templates."""


class PatternInvalid(ValueError):
    """`line` counts from 1."""

    def __init__(self, line: int, trouble: str) -> None:
        super().__init__(trouble)
        self.line = line


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: re.Pattern[str]
    name_only: bool
    folders_only: bool
    negated: bool

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        subject = path.rsplit("/", 1)[-1] if self.name_only else path
        matches = (is_folder or not self.folders_only) and self.pattern.fullmatch(subject) is not None
        return matches != self.negated


def parse_ignore(text: str) -> tuple[Rule, ...]:
    """The rules of a `.helmignore`, and the one that always holds. Raises `PatternInvalid`."""
    lines = [(number, line.strip()) for number, line in enumerate([*text.splitlines(), ALWAYS], 1)]
    return tuple(_rule(number, line) for number, line in lines if line and not line.startswith("#"))


def ignored(rules: tuple[Rule, ...], path: str, *, is_folder: bool) -> bool:
    """`path` is relative to the chart's folder."""
    return any(rule.leaves_out(path, is_folder=is_folder) for rule in rules)


def _rule(number: int, line: str) -> Rule:
    if "**" in line:
        raise PatternInvalid(number, "`**` does not exist here")
    bare = line.removeprefix("!").removesuffix("/")
    return Rule(
        pattern=_pattern(number, bare.removeprefix("/")),
        name_only="/" not in bare,
        folders_only=line.endswith("/"),
        negated=line.startswith("!"),
    )


TOKEN = re.compile(
    r"\\(?P<escaped>.)|(?P<any>\*)|(?P<one>\?)|\[(?P<set>\^?[^\]]+)\]|(?P<plain>[^\\\[])", re.S
)


def _pattern(number: int, glob: str) -> re.Pattern[str]:
    """Go's `filepath.Match` as a regular expression."""
    parts, at = [], 0
    while at < len(glob):
        found = TOKEN.match(glob, at)
        if found is None:
            raise PatternInvalid(number, f"{glob!r} is not a pattern")
        parts.append(_translated(found))
        at = found.end()
    try:
        return re.compile("".join(parts), re.S)
    except re.error as error:
        raise PatternInvalid(number, f"{glob!r} is not a pattern") from error


def _translated(found: re.Match[str]) -> str:
    if found["any"]:
        return "[^/]*"
    if found["one"]:
        return "[^/]"
    if content := found["set"]:
        negation = "^" if content.startswith("^") else ""
        return f"[{negation}{content.removeprefix('^').replace('[', chr(92) + '[')}]"
    return re.escape(found["escaped"] or found["plain"])
