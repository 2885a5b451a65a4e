"""The values that templates read: of a template, and of an application's services."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from cantata.contract.findings import FindingInfo

ReadHow = Literal["value", "presence"]


class SpotInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A line, counted from 1, of a file whose path begins with the chart's name; 0 means the whole file."""

    file: str
    line: int = 0


class VariableInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A value that templates read.

    `key` is its path joined by `.`, as the top-level chart sees it, and `path` the path itself, since keys
    may hold dots; the empty one stands for all values. `value` is what counts now and `origin` where that is
    written (`config shop-dev@3`, `shop/values.yaml`), with `line`; `origin` is empty where nobody sets one. A
    secret's value is `****`.

    `default`, `type`, `title` and `description` are the chart's words, from values.yaml and
    values.schema.json; `defined` is false where the chart does not know the value. `fallback` is what the
    template takes for an empty value; `required` says that an empty one fails the render. `how` is `presence`
    where only matters whether the value is there, empty, of which kind, or which keys it has. `dynamic` says
    that its text is executed as a template. `places` are the lines that read it, `readers` the template files
    they end up in.
    """

    key: str
    path: tuple[str, ...]
    how: ReadHow
    value: Any = None
    origin: str = ""
    line: int = 0
    secret: bool = False
    defined: bool = False
    default: Any = msgspec.UNSET
    fallback: Any = msgspec.UNSET
    type: str = ""
    title: str = ""
    description: str = ""
    required: bool = False
    dynamic: bool = False
    places: tuple[SpotInfo, ...] = ()
    readers: tuple[str, ...] = ()


class UnknownInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A use of values that cannot be followed; everything at and below `key` counts as read. An empty key
    means all values."""

    file: str
    line: int
    key: str
    reason: str


class TemplateVariablesInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The values that a template version reads. `mutates` are the lines that change values while rendering;
    `findings` are values that nobody reads, and reads of what nobody defines."""

    template: str
    number: int
    variables: tuple[VariableInfo, ...]
    unknown: tuple[UnknownInfo, ...] = ()
    mutates: tuple[SpotInfo, ...] = ()
    findings: tuple[FindingInfo, ...] = ()


class ServiceVariablesInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The values that one service reads, through the template `files` of its objects.

    `service` is empty for what belongs to the application as a whole: hooks, notes, and files that render
    nothing with the values of now. `opened` are keys whose text, the user's own, is executed as a template,
    so that the service may read anything.
    """

    service: str
    files: tuple[str, ...]
    variables: tuple[VariableInfo, ...]
    unknown: tuple[UnknownInfo, ...] = ()
    opened: tuple[str, ...] = ()


class ApplicationVariablesInfo(msgspec.Struct, frozen=True, rename="camel"):
    application: str
    services: tuple[ServiceVariablesInfo, ...]
