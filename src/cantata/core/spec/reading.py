"""Typed reads of a parsed YAML value. Each trouble is noted with its place, and reading goes on, so that a
user sees all of them at once."""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from cantata.core.model.charts import YamlNode
from cantata.errors import CantataError, Category, Detail, Place

Path = tuple[str, ...]
E = TypeVar("E", bound=enum.StrEnum)

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
SUBDOMAIN = re.compile(rf"{LABEL.pattern}(\.{LABEL.pattern})*")


class TemplateSpecInvalid(CantataError):
    """cantata.yaml does not say what it may say. The details list every trouble with file, line and key."""

    category = Category.INVALID


class DeliveryInvalid(CantataError):
    """What an application adds to `delivery:` does not say what a delivery may say. The details list every
    trouble with line and column."""

    category = Category.INVALID


class Reading:
    """The troubles and the places of one document."""

    def __init__(self, nodes: Sequence[YamlNode], file: str) -> None:
        self.file = file
        self.troubles: list[Detail] = []
        self._nodes: dict[Path, YamlNode] = {}
        for node in nodes:
            if node.path in self._nodes:
                self.trouble(node.path, f"`{node.path[-1]}` is given twice", node=node)
            else:
                self._nodes[node.path] = node
        self._order = {path: number for number, path in enumerate(self._nodes)}

    def lines(self) -> dict[str, int]:
        """The line of every key, by its path joined by `.`."""
        return {".".join(path): node.key_line or node.line for path, node in self._nodes.items() if path}

    def trouble(self, path: Path, message: str, *, at_key: bool = True, node: YamlNode | None = None) -> None:
        """Notes a trouble at a key, or at its value."""
        node = node or self._nodes.get(path)
        place = Place(self.file, key=".".join(path))
        if node and at_key and node.key_line:
            parent = self._nodes.get(path[:-1])
            place = Place(self.file, node.key_line, parent.column if parent else 0, ".".join(path))
        elif node:
            place = Place(self.file, node.line, node.column, ".".join(path))
        self.troubles.append(Detail(message, place))

    def wrong(self, path: Path, value: Any, wanted: str) -> None:
        name = path[-1] if path else "the document"
        self.trouble(path, f"`{name}` must be {wanted}, not {describe(value)}", at_key=False)

    def map(self, value: Any, path: Path, allowed: Iterable[str] | None = None) -> dict[str, Any]:
        """A map in the order of the text, its keys checked against `allowed`. Null is the empty map.

        The worker's JSON has its keys sorted, so the order comes from the positions.
        """
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(path, value, "a map")
            return {}
        ordered = dict(sorted(value.items(), key=lambda item: self._order.get((*path, item[0]), 0)))
        if allowed is None:
            return ordered
        known = tuple(allowed)
        for key in ordered:
            if key not in known:
                where = f"in `{path[-1]}`" if path else "at the top"
                self.trouble((*path, key), f"`{key}` is not known {where}; {suggest(key, known)}")
        return {key: item for key, item in ordered.items() if key in known}

    def list(self, value: Any, path: Path) -> list[tuple[Path, Any]]:
        """The items with their paths; a single item may stand for a list of one."""
        if value is None:
            return []
        if isinstance(value, list):
            return [((*path, str(index)), item) for index, item in enumerate(value)]
        return [(path, value)]

    def text(self, value: Any, path: Path) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        hint = ", so put it in quotes" if isinstance(value, int | float) else ""
        self.wrong(path, value, f"text{hint}")
        return ""

    def texts(self, value: Any, path: Path) -> tuple[str, ...]:
        return tuple(text for at, item in self.list(value, path) if (text := self.text(item, at)))

    def flag(self, value: Any, path: Path) -> bool:
        if value is None or isinstance(value, bool):
            return bool(value)
        self.wrong(path, value, "true or false")
        return False

    def word(self, kind: type[E], value: Any, path: Path, default: E, aliases: Mapping[str, str] = {}) -> E:
        """A member of a closed list. `aliases` are words of other tools, named in the suggestion only."""
        if value is None:
            return default
        words = [str(member) for member in kind]
        if isinstance(value, str) and value in words:
            return kind(value)
        hint = f"say `{aliases[value]}`" if str(value) in aliases else suggest(str(value), words)
        self.trouble(path, f"`{path[-1]}` cannot be {describe(value)}; {hint}", at_key=False)
        return default

    def name(self, value: str, path: Path, noun: str, *, at_key: bool) -> bool:
        """Whether it may be the name of a service: a DNS label of at most 53 characters."""
        if len(value) <= 53 and LABEL.fullmatch(value):
            return True
        rule = "at most 53 lower-case letters, digits and hyphens, no hyphen at either end"
        self.trouble(path, f"`{value[:80]}` is not a name for a {noun}: {rule}", at_key=at_key)
        return False

    def fields(
        self, value: Any, path: Path, readers: Mapping[str, Callable[[Any, Path], Any]]
    ) -> dict[str, Any]:
        """A map of known keys, each read by its own reader. Absent keys are left out."""
        return {key: readers[key](item, (*path, key)) for key, item in self.map(value, path, readers).items()}

    def finish(self, error: type[CantataError] = TemplateSpecInvalid) -> None:
        """Raises `error` when anything was wrong."""
        if not self.troubles:
            return
        self.troubles.sort(key=lambda detail: (detail.place.line, detail.place.column))
        first = self.troubles[0]
        more = f" (and {len(self.troubles) - 1} more)" if len(self.troubles) > 1 else ""
        raise error(
            f"{first.message}{more}",
            subject=self.file,
            place=first.place,
            hint="The page on templates lists everything that cantata.yaml may say.",
            details=self.troubles if len(self.troubles) > 1 else (),
        )


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean …?` where something is near, and always what is allowed."""
    words = sorted(known)
    near = difflib.get_close_matches(word.lower(), {item.lower(): item for item in words}, n=1)
    allowed = "allowed: " + ", ".join(words) if words else "nothing is allowed here"
    if not near:
        return allowed
    meant = next(item for item in words if item.lower() == near[0])
    return f"did you mean `{meant}`? ({allowed})"


def describe(value: Any) -> str:
    """What a user wrote, shortly: `true`, `a list`, `"web"`."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    return f'"{value[:80]}"' if isinstance(value, str) else str(value)
