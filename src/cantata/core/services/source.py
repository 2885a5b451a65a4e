"""Where an object was rendered: the path of its template, taken apart."""

from __future__ import annotations

import functools
import re

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


def matches(pattern: str, path: str) -> bool:
    """Glob as in a shell: `*` and `?` stay within one folder, `**` crosses folders."""
    return _compile(pattern).fullmatch(path) is not None


@functools.lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    tokens = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]/]+\])", pattern)
    return re.compile("".join(tokens.get(part) or _literal(part) for part in parts))


def _literal(part: str) -> str:
    """A set of characters such as `[ab]` or `[!0-9]`, or plain text."""
    if len(part) > 2 and part.startswith("[") and part.endswith("]"):
        negated = part[1] in "!^"
        inner = re.sub(r"([\\\[\]^&~|])", r"\\\1", part[2:-1] if negated else part[1:-1])
        return f"[{'^' if negated else ''}{inner}]" if inner else re.escape(part)
    return re.escape(part)
