"""What is done to a config beside saving its whole text."""

from __future__ import annotations

import msgspec

from cantata.contract.config_history import KeyChangeInfo, ValueInfo


class KeyEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What becomes of one key such as `db.host`: just one of `value`, which is YAML, `secret`, which is the
    text of a secret, and `remove`."""

    key: str
    value: str | None = None
    secret: str | None = None
    remove: bool = False


class KeysEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Changes of single keys; all other bytes of the text stay."""

    changes: tuple[KeyEdit, ...]
    message: str = ""


class MergeRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A text that was made from version `base`."""

    base: int
    text: str


class ConflictInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A key that both changed, each differently; null where it is not there. The merged text has theirs."""

    key: str
    base: ValueInfo | None
    theirs: ValueInfo | None
    mine: ValueInfo | None


class MergedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`text` is what to save as an edit of version `against`. `taken` are the changes of the text that was
    sent which it holds; secrets that are new in that text stand in it as they came."""

    text: str
    against: int
    taken: tuple[KeyChangeInfo, ...]
    conflicts: tuple[ConflictInfo, ...]


class CopyDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The name of the copy, and the version to copy, by number or tag, by default the latest."""

    name: str
    version: int | str | None = None
    message: str = ""
    labels: dict[str, str] = {}


class DescriptionEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Changes of a config that make no version. Labels that are not named stay, null takes one away."""

    name: str = ""
    labels: dict[str, str | None] = {}


class ConfigRollbackRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The version to bring back, by number or tag."""

    version: int | str
    message: str = ""


class TagDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The version to tag, by number or by another tag, by default the latest."""

    version: int | str | None = None
