"""Configs and their versions."""

from __future__ import annotations

from typing import Any

import msgspec


class Extends(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The parent of a config version; without `version` the newest parent is followed. A request may give a
    tag, which pins the number that it is on now; answers have the number."""

    config: str
    version: int | str | None = None


class ConfigDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A new config. `text` is a YAML document; `message` says why."""

    name: str
    text: str
    extends: Extends | None = None
    message: str = ""
    labels: dict[str, str] = {}


class ConfigEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The next version of a config. Without `extends` the parent stays; null takes it away."""

    text: str
    extends: Extends | msgspec.UnsetType | None = msgspec.UNSET
    message: str = ""


class ConfigInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`latest` is the number of the newest version."""

    id: str
    name: str
    latest: int
    created_at: str
    labels: dict[str, str] = {}


class ConfigVersionInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`text` as written, secret values replaced by `!secret ref:<id>`. Lists leave it empty.
    `tags` are told by the history."""

    id: str
    config: str
    number: int
    extends: Extends | None
    author: str
    message: str
    created_at: str
    text: str = ""
    tags: tuple[str, ...] = ()


class OverriddenInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A value that another one stands over."""

    value: Any
    origin: str
    line: int
    secret: bool = False


class LeafInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of the effective config: `key` is its path joined by `.`, `origin` the layer that
    gives it (`config shop-dev@3`) and `line` where it stands there. A secret's value is `****`.
    `overrides` are the values of weaker layers that it stands over, the nearest first."""

    key: str
    value: Any
    origin: str = ""
    line: int = 0
    secret: bool = False
    overrides: tuple[OverriddenInfo, ...] = ()
