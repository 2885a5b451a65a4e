"""Triggers: what an outside fact sets in a config, and the calls that brought such facts."""

from __future__ import annotations

import enum

import msgspec


class TriggerKind(enum.StrEnum):
    """Who calls, and so how a call is authenticated and read."""

    GENERIC = "generic"
    """Any JSON, signed after Standard Webhooks."""
    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    HARBOR = "harbor"
    DOCKERHUB = "dockerhub"
    DISTRIBUTION = "distribution"
    """Notifications of the CNCF Distribution registry, and of those that send the same."""


class ImagePart(enum.StrEnum):
    """What of a pushed image is written to the key."""

    TAG = "tag"
    DIGEST = "digest"
    REFERENCE = "reference"
    """The repository as the rule names it, and the tag."""
    COMMIT = "commit"
    """The full hash of the commit that was built; forges tell it."""


class CallState(enum.StrEnum):
    QUEUED = "queued"
    APPLIED = "applied"
    """A new config version was made."""
    UNCHANGED = "unchanged"
    """The keys have these values already."""
    IGNORED = "ignored"
    """Nothing in the payload concerns the rules."""
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self is not CallState.QUEUED


class KeyRule(msgspec.Struct, frozen=True, rename="camel"):
    """The value at `path` (JMESPath) becomes that of the config's `key`. With a `pattern` (RE2) the whole
    text must match, and the first group, if there is one, is the value."""

    key: str
    path: str
    pattern: str = ""


class ImageRule(msgspec.Struct, frozen=True, rename="camel"):
    """A push to `repository` becomes the value of `key`. With a `pattern` only tags that match as a whole
    count; where a commit is written, only branches and tags that match."""

    key: str
    repository: str
    write: ImagePart = ImagePart.TAG
    pattern: str = ""


Rule = KeyRule | ImageRule


class Trigger(msgspec.Struct, frozen=True, rename="camel"):
    """Of a generic trigger `keys` are the rules, of all others `images`. `sources` are the networks that may
    call, empty for all; `config` is kept by its id. `row_version` grows with every edit."""

    id: str
    project: str
    name: str
    config: str
    kind: TriggerKind
    keys: tuple[KeyRule, ...] = ()
    images: tuple[ImageRule, ...] = ()
    sources: tuple[str, ...] = ()
    enabled: bool = True
    row_version: int = 1
    created_at: str = ""

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (*self.keys, *self.images)


class TriggerCall(msgspec.Struct, frozen=True, rename="camel"):
    """One authentic call. `delivery` is the sender's id for it, `source` the address that it came from.

    `cause` says what the payload told, `result` what became of it; `config_version` is the version that was
    made, 0 for none. `attempts` counts those that failed for a reason that may pass.
    """

    id: str
    trigger_id: str
    delivery: str
    source: str
    received_at: str
    state: CallState = CallState.QUEUED
    cause: str = ""
    result: str = ""
    config_version: int = 0
    attempts: int = 0
    ended_at: str = ""
