"""Configs and their immutable versions."""

from __future__ import annotations

import msgspec

VersionRef = int | str
"""The number of a version, or a tag that is on it."""


class Extends(msgspec.Struct, frozen=True, rename="camel"):
    """The parent of a config version; without `version` the newest parent is followed."""

    config: str
    version: int | None = None


class Config(msgspec.Struct, frozen=True, rename="camel"):
    """`schema` is the text of a JSON Schema for the effective document, empty for none; `row_version` grows
    with every change of name, labels and schema, but not with a new version."""

    id: str
    project: str
    name: str
    latest: int
    created_at: str
    labels: dict[str, str] = {}
    schema: str = ""
    row_version: int = 1


class ConfigEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One leaf of the latest version of a config, kept for search and for "who set this last".

    `text` is a scalar as written, a list or an empty map as compact JSON; of a secret it is the reference.
    `set_in` is the version that gave the key this value.
    """

    key: str
    text: str
    type: str
    line: int
    secret: bool = False
    set_in: int = 0


class ConfigTag(msgspec.Struct, frozen=True, rename="camel"):
    """A name for one version of a config. It moves only by being taken away and set again."""

    name: str
    number: int
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
    """One resolved config version, as recorded in revisions. The name is the one that it had then; pins from
    before ids were recorded have none."""

    config: str
    version: int
    config_id: str = ""

    def same(self, other: ConfigPin) -> bool:
        """Whether both are of one version, whatever the config was called."""
        if self.config_id and other.config_id:
            return (self.config_id, self.version) == (other.config_id, other.version)
        return (self.config, self.version) == (other.config, other.version)
