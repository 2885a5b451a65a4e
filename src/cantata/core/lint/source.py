"""The chart's own files, and which of their lines writes a field of a rendered object.

What a template renders cannot be traced back in general. The keys of a field's path are looked for one after
the other, each further down and further in than the one before; where the trail ends, its last line is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cantata.core.lint.rules import found
from cantata.core.model.charts import RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.objects import ObjectKey

KEY = re.compile(r"""^(?P<indent>[ ]*)(?P<dashes>(?:- +)*)["']?(?P<key>[-./\w]+)["']?\s*:(?=\s|$)""")
SEPARATOR = re.compile(r"^---[ \t]*")
COMMENT = re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)

Field = Sequence[str | int]
"""The steps to a field: keys of maps, and indexes of lists."""


def field_text(steps: Field) -> str:
    """`spec.containers[0].image`."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that writes a key. A dash before it counts to its column."""

    number: int
    column: int
    is_item: bool
    key: str


@dataclass(frozen=True, slots=True)
class ChartSource:
    """The texts of a chart by path, the chart's name first as Helm prints it, subcharts included as far as
    they can be read. `files` are the paths of all files of the chart itself, inside of its folder."""

    name: str
    texts: Mapping[str, str]
    files: Collection[str] = ()
    _lines: dict[str, tuple[list[_Line], list[int]]] = field(default_factory=dict)

    def line(self, path: str, steps: Field, document: int = 0) -> int:
        """The line that writes the field, or the nearest one above it that is written; at least 1."""
        lines, starts = self._read(path)
        begin = starts[document] if document < len(starts) else 0
        end = starts[document + 1] if document + 1 < len(starts) else 1 << 30
        within = [each for each in lines if begin <= each.number < end]
        return _trail(within, steps) or max(begin, 1)

    def lines_with(self, path: str, text: str) -> Iterator[int]:
        for number, line in enumerate(self.texts.get(path, "").splitlines(), start=1):
            if text in line:
                yield number

    def _read(self, path: str) -> tuple[list[_Line], list[int]]:
        known = self._lines.get(path)
        if known is None:
            known = self._lines[path] = _scan(without_comments(self.texts.get(path, "")))
        return known


def without_comments(text: str) -> str:
    """Comments of templates go, their lines stay."""
    return COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)


def _scan(text: str) -> tuple[list[_Line], list[int]]:
    lines, starts = [], [1]
    seen = False
    for number, line in enumerate(text.splitlines(), start=1):
        if SEPARATOR.match(line):
            # A separator before anything else begins the first document.
            starts = [*starts, number] if seen else [number]
            continue
        match = KEY.match(line)
        if match:
            seen = True
            column = len(match["indent"]) + len(match["dashes"])
            lines.append(_Line(number, column, bool(match["dashes"]), match["key"]))
    return lines, starts


def _trail(lines: Sequence[_Line], steps: Field) -> int:
    """Follows the keys down, each within the block of the one before. An item of a list is found by counting
    dashes; a single one stands for all of them, since a loop writes it once."""
    low, high, number = 0, len(lines), 0
    for step in steps:
        if isinstance(step, int):
            items = _items(lines, low, high)
            at = step if step < len(items) else 0 if len(items) == 1 else -1
            if at >= 0:
                low, high = items[at], items[at + 1] if at + 1 < len(items) else high
                number = lines[low].number
            continue
        named = [index for index in range(low, high) if lines[index].key == step]
        if not named:
            return number
        hit = min(named, key=lambda index: (lines[index].column, index))
        number = lines[hit].number
        inside = (index for index in range(hit + 1, high) if lines[index].column <= lines[hit].column)
        low, high = hit + 1, next(inside, high)
    return number


def _items(lines: Sequence[_Line], low: int, high: int) -> list[int]:
    """The lines that begin the items of a list."""
    dashed = [index for index in range(low, high) if lines[index].is_item]
    level = min((lines[index].column for index in dashed), default=0)
    return [index for index in dashed if lines[index].column == level]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks of a render look at: the objects in their namespaces, hooks among them, otherwise as
    they are rendered, and whose they are. `config` is the name under which manifests refer to the
    application's config."""

    source: ChartSource
    objects: tuple[RenderedObject, ...]
    namespace: str
    release: str = ""
    services: Mapping[ObjectKey, str] = field(default_factory=dict)
    config: str = ""

    def at(
        self, item: RenderedObject, rule: str, message: str, *steps: str | int, suggestion: str = ""
    ) -> Finding:
        """A finding about one field of an object; `message` goes on after the object's name, or after a colon
        where it begins with one."""
        key = ObjectKey.of(item.manifest)
        return found(
            rule,
            f"{name_of(item)}{message if message.startswith(':') else f' {message}'}",
            service=self.services.get(key, ""),
            file=item.path,
            line=self.source.line(item.path, steps, item.index),
            key=field_text(steps),
            suggestion=suggestion,
        )


def name_of(item: RenderedObject) -> str:
    """Without its namespace, which is nearly always the release's."""
    key = ObjectKey.of(item.manifest)
    return f"{key.kind} {key.name}"
