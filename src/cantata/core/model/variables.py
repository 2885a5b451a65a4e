"""What the templates of a chart read, and what is known of the values that they read."""

from __future__ import annotations

import enum
from typing import Any

import msgspec


class ReadHow(enum.StrEnum):
    """What of a value a read depends on."""

    VALUE = "value"
    """All of it, and all below it."""
    PRESENCE = "presence"
    """Whether it is there, whether it is empty, which kind it is, and which keys it has."""


class Spot(msgspec.Struct, frozen=True, order=True):
    """A line, counted from 1, of a file; 0 where the whole file is meant. `file` has the chart's name first,
    as `# Source:` has it: `shop/templates/web.yaml`, `shop/charts/db/values.yaml`, `shop/Chart.yaml`."""

    file: str
    line: int = 0


class Read(msgspec.Struct, frozen=True, rename="camel"):
    """One path that a template file depends on.

    `path` is as the top-level chart sees it: `.Values.size` in the subchart `db` is `("db", "size")`, and
    the globals that a subchart reads are listed both as its own and as `("global", …)`. The empty path is all
    values. Items of lists are no paths: a list is read as a whole. `places` are all lines that name or use
    the value, named templates included. `default` is what the template takes where the value is empty, when
    that is written there (`default 80`, `coalesce`, `dig`), else `UNSET`; `required` says that an empty value
    fails the render. `dynamic` says that the value's text is executed as a template (`tpl`): `reads` holds
    what the chart's own text reads, another text may read anything.
    """

    path: tuple[str, ...]
    how: ReadHow
    places: tuple[Spot, ...] = ()
    default: Any = msgspec.UNSET
    required: bool = False
    dynamic: bool = False


class Unknown(msgspec.Struct, frozen=True, rename="camel"):
    """A use that cannot be followed, and why. Its file counts as reading everything at and below `path`;
    `reads` has that read too."""

    file: str
    line: int
    path: tuple[str, ...]
    reason: str


class TemplateReads(msgspec.Struct, frozen=True, rename="camel"):
    """All that one rendered file depends on, through named templates, `tpl` and other files that it includes.

    `path` is the one of `RenderedObject.path`; `NOTES.txt` is such a file too. No read is ever left out: what
    a file does not list, whole or in part, does not change what the file renders to, as long as the render
    succeeds and the texts of dynamic reads are the chart's own.
    """

    path: str
    reads: tuple[Read, ...] = ()
    unknown: tuple[Unknown, ...] = ()


class Variable(msgspec.Struct, frozen=True, rename="camel"):
    """A value that the chart or a subchart defines or documents: a leaf (a list is one), or a map that has a
    comment.

    `default` is its value in the chart; `UNSET` for maps and for what only a schema names. `type` is the
    schema's (`string|null` where it has several), else that of the comment, else the default's, in JSON
    Schema's words. `title` and `description` are those of values.yaml (`# --` comments) and of
    values.schema.json. `file` and `line` are where the outermost chart sets it.
    """

    path: tuple[str, ...]
    default: Any = msgspec.UNSET
    type: str = ""
    title: str = ""
    description: str = ""
    file: str = ""
    line: int = 0

    @property
    def key(self) -> str:
        return ".".join(self.path)


class ChartVariables(msgspec.Struct, frozen=True, rename="camel"):
    """What a chart's templates read, by file, and the values that it defines, both sorted by path.

    `chart` is the digest, on which alone all of this depends. `mutates` are the lines that change values
    while they are rendered (`set .Values …`): files that read what such a line changes depend on all that the
    changing file depends on, which their `reads` have already.
    """

    chart: str
    templates: tuple[TemplateReads, ...] = ()
    values: tuple[Variable, ...] = ()
    mutates: tuple[Spot, ...] = ()
