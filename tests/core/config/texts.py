"""Config texts and changes of all looks, for properties."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from cantata.core.config import Change, Path, RemoveKey, SetKey, yaml_scalar
from cantata.core.config.editing.splices import Splices
from cantata.core.config.quoting import yaml_lines
from cantata.core.config.scalars import LINE_BREAK
from cantata.core.config.syntax import read_syntax

KEYS = st.sampled_from(["a", "b", "c1", "d-e", "f.g", "yes", "8080", "name"])
WORDS = st.sampled_from(
    [
        *("x", "yes", "1", "1.5", "~", "it's", 'say "hi"', "a: b", "x # y", "x, [y]", "", " lead", "tail "),
        *("é\u2028", "two\nlines\n", "*x", "!y", "- z", "\n\n", "tab\tx"),
    ]
)
SCALARS = st.one_of(WORDS, st.booleans(), st.none(), st.integers(-9, 10**6), st.sampled_from([1.5, -0.25]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
MAPS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(KEYS, VALUES, max_size=5)


class Writer:
    """Writes a value as a person might: any style, comments, odd indentation."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.step = draw(st.sampled_from([2, 2, 4, 3]))
        self.offset = draw(st.sampled_from([0, 2]))
        self.number = 0

    def comment(self) -> str:
        self.number += 1
        return f"# comment {self.number}"

    def one_in(self, count: int) -> bool:
        return bool(self.draw(st.integers(0, count - 1)) == 0)

    def tail(self) -> str:
        return f"  {self.comment()}" if self.one_in(3) else ""

    def above(self, width: int) -> list[str]:
        return [" " * width + self.comment()] if self.one_in(5) else [""] if self.one_in(8) else []

    def scalar(self, value: Any, *, flow: bool = False) -> str:
        if not isinstance(value, str):
            return yaml_scalar(value)
        simple = value == value.strip() and value.isprintable() and value.isascii()
        if simple and self.one_in(2):
            return "'" + value.replace("'", "''") + "'"
        if value == "x, [y]" and not flow:
            return value
        return (
            yaml_scalar(value)
            if self.one_in(2)
            else json.dumps(value, ensure_ascii=False).replace("\u2028", "\\L")
        )

    def flow(self, value: Any) -> str:
        gap = self.draw(st.sampled_from(["", " "]))
        if isinstance(value, dict):
            inner = ", ".join(f"{yaml_scalar(key)}: {self.flow(item)}" for key, item in value.items())
            return f"{{{gap}{inner}{gap}}}"
        if isinstance(value, list):
            return f"[{gap}{', '.join(self.flow(item) for item in value)}{gap}]"
        return self.scalar(value, flow=True)

    def behind(self, lead: str, value: Any, width: int, inner: int) -> list[str]:
        """A value behind a key or dash that stands at `width`; its lines go to `inner`."""
        if (
            isinstance(value, str)
            and value.strip()
            and not value[0].isspace()
            and self.one_in(3)
            and "\u2028" not in value
        ):
            return self.block(lead, value, width)
        if value is None and self.one_in(2):
            return [f"{lead}{self.tail()}"]
        if not isinstance(value, dict | list) or not value or self.one_in(4):
            return [f"{lead} {self.flow(value)}{self.tail()}"]
        lines = self.lines(value, inner)
        if lead.endswith("-") and not self.one_in(4) and lines and inner == width + 2:
            first = lines[0].strip()
            if first and not first.startswith("#"):
                return [f"{lead} {first}", *lines[1:]]
        return [f"{lead}{self.tail()}", *lines]

    def block(self, lead: str, value: str, width: int) -> list[str]:
        chomp = "-" if not value.endswith("\n") else ""
        body = [
            " " * (width + self.step) + line if line else "" for line in value.removesuffix("\n").split("\n")
        ]
        return [f"{lead} |{chomp}{self.tail()}", *body, *([""] if self.one_in(3) else [])]

    def lines(self, value: Any, width: int) -> list[str]:
        written: list[str] = []
        if isinstance(value, dict):
            for key, item in value.items():
                written += self.above(width)
                inner = width + (self.offset if isinstance(item, list) else self.step)
                written += self.behind(f"{' ' * width}{yaml_scalar(key)}:", item, width, inner)
            return written
        for item in value:
            written += self.above(width)
            written += self.behind(f"{' ' * width}-", item, width, width + 2)
        return written


@st.composite
def texts(draw: Any, values: st.SearchStrategy[dict[str, Any]] = MAPS) -> tuple[str, dict[str, Any]]:
    """A text and what it means."""
    value = draw(values)
    writer = Writer(draw)
    lines = (
        ["# first", *writer.lines(value, 0)] if value else draw(st.sampled_from([[], ["# first"], ["{}"]]))
    )
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    ended = any("|" in line for line in lines) or draw(st.booleans())
    text = newline.join(lines) + (newline if lines and ended else "")
    return draw(st.sampled_from(["", "", "\ufeff"])) + text, value


def paths_of(value: Any, path: Path = ()) -> list[Path]:
    items: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = [(str(index), item) for index, item in enumerate(value)]
    return [found for part, item in items for found in ((*path, part), *paths_of(item, (*path, part)))]


def value_at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


@st.composite
def changes(draw: Any, value: dict[str, Any]) -> list[tuple[Change, Any]]:
    """Changes that this value can take, each with what it sets."""
    known = paths_of(value)
    maps = [(), *(path for path in known if isinstance(value_at(value, path), dict))]
    chosen: dict[Path, tuple[Change, Any]] = {}
    for _ in range(draw(st.integers(1, 4))):
        new = (*draw(st.sampled_from(maps)), *draw(st.lists(KEYS, min_size=1, max_size=2)))
        path = draw(st.sampled_from([*known, new, new]))
        if path not in known and any(
            path[:length] in known and path[:length] not in maps for length in range(len(path))
        ):
            continue
        if any(path[: len(other)] == other or other[: len(path)] == path for other in chosen):
            continue
        if path in known and draw(st.booleans()):
            chosen[path] = (RemoveKey(path), None)
            continue
        item = draw(VALUES)
        lines = "\n".join(yaml_lines(item)) if draw(st.booleans()) else yaml_scalar(item)
        chosen[path] = (SetKey(path, lines), item)
    return list(chosen.values())


def changed(value: Any, done: list[tuple[Change, Any]]) -> Any:
    """The model: what the value is after the changes."""
    result = copy.deepcopy(value)
    gone: list[tuple[list[Any], int]] = []
    for change, item in done:
        place = result
        for part in change.path[:-1]:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        last: Any = int(change.path[-1]) if isinstance(place, list) else change.path[-1]
        if isinstance(change, SetKey):
            place[last] = item
        elif isinstance(place, list):
            gone.append((place, last))
        else:
            del place[last]
    for items, index in sorted(gone, key=lambda each: -each[1]):
        del items[index]
    return result


def lines_that_stay(text: str, done: list[Change]) -> list[str]:
    """The lines of a text that changes may not touch: those outside of the changed entries, of the line that
    an emptied or filled map begins in, and of brackets that get or lose an entry."""
    syntax = read_syntax(text.removeprefix("\ufeff"))
    splices = Splices(syntax)
    touched: set[int] = set()

    def touch(start: int, end: int) -> None:
        touched.update(range(syntax.place(start)[0], syntax.place(end)[0] + 1))

    for change in done:
        node, begin = syntax.root, 0
        for depth, part in enumerate(change.path):
            if node is None:
                break
            if node.style == "flow":
                touch(begin, node.end)
            entry = node.by_part().get(part)
            if entry is None:
                if not node.entries:
                    touch(begin, node.end)
                break
            if depth == len(change.path) - 1:
                lead = splices.lead(node, entry)
                touch(lead, entry.value.end)
                if isinstance(change, RemoveKey):
                    touch(begin, begin)
                    following = node.entries[node.entries.index(entry) + 1 :]
                    touch(lead, splices.lead(node, following[0]) if following else lead)
            begin, node = splices.lead(node, entry), entry.value
    lines = LINE_BREAK.split(syntax.text)
    return [line for number, line in enumerate(lines, 1) if number not in touched and line]


def is_within(few: list[str], many: list[str]) -> bool:
    """Whether all of `few` come in `many`, in this order."""
    rest = iter(many)
    return all(line in rest for line in few)
