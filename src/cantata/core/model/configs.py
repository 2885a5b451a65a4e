"""Configs and their immutable versions."""

from __future__ import annotations

import msgspec


class Extends(msgspec.Struct, frozen=True, rename="camel"):
    """The parent of a config version; without `version` the newest parent is followed."""

    config: str
    version: int | None = None


class Config(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    project: str
    name: str
    latest: int
    created_at: str


class ConfigVersion(msgspec.Struct, frozen=True, rename="camel"):
    """`text` is the document as written, its `!secret` scalars replaced by `!secret ref:<id>`."""

    id: str
    config_id: str
    number: int
    text: str
    extends: Extends | None
    author: str
    message: str
    created_at: str


class ConfigPin(msgspec.Struct, frozen=True, rename="camel"):
    """One resolved config version, as recorded in revisions."""

    config: str
    version: int
