"""What the history of a config tells, and how configs differ."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.contract.states import ChangeKind, ValueType


class ValueInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A value and where it stands. `text` is a scalar as written; of a secret both are `****`."""

    value: Any
    text: str
    type: ValueType
    line: int
    secret: bool = False


class KeyChangeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`type_changed` also says that a secret became a plain value, or the other way round."""

    key: str
    kind: ChangeKind
    old: ValueInfo | None
    new: ValueInfo | None
    type_changed: bool = False


class ConfigDiffInfo(msgspec.Struct, frozen=True, rename="camel"):
    """From version `old` to `new` of a config, in the order of the new text; `unchanged` counts the other
    keys."""

    config: str
    old: int
    new: int
    changes: tuple[KeyChangeInfo, ...]
    unchanged: int


class TextDiffInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A unified diff of the texts, in which secrets are references; empty where they are equal."""

    config: str
    old: int
    new: int
    text: str


class BlameInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A key of a version, and the version that last set it."""

    key: str
    value: Any
    line: int
    secret: bool
    version: int
    author: str
    message: str
    created_at: str


class TagInfo(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    version: int
    created_at: str


class CellInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A key's value in one config. Cells of a row with the same `group` are equal, secrets too."""

    value: Any
    type: ValueType
    origin: str
    line: int
    secret: bool
    group: int


class ComparisonRow(msgspec.Struct, frozen=True, rename="camel"):
    """One key over all columns, null where a config does not have it."""

    key: str
    differs: bool
    cells: tuple[CellInfo | None, ...]


class ComparisonInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`columns` are the configs with their versions; `equal` counts the keys that are the same in all."""

    columns: tuple[str, ...]
    rows: tuple[ComparisonRow, ...]
    equal: int


class ChainInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A config of the chain, at the version that it resolves to now."""

    config: str
    version: int


class ConfigBranch(msgspec.Struct, frozen=True, rename="camel"):
    """A config, the applications that name it, and the configs that extend it. A `version` pins the config
    that is above; null follows it."""

    config: str
    version: int | None
    applications: tuple[str, ...]
    children: tuple[ConfigBranch, ...] = ()


class ConfigTreeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`parents` are all that it extends, the nearest first; `below` is the config itself with its users."""

    config: str
    version: int
    parents: tuple[ChainInfo, ...]
    below: ConfigBranch
