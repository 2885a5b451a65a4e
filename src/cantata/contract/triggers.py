"""Triggers, and the calls that came to them."""

from __future__ import annotations

import msgspec

from cantata.contract.impact import ImpactInfo
from cantata.contract.states import CallState, ImagePart, TriggerKind


class KeyRule(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The value at `path` (JMESPath) becomes that of `key`. With a `pattern` (RE2) the whole text must match;
    its first group, if there is one, is the value."""

    key: str
    path: str
    pattern: str = ""


class ImageRule(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A push to `repository` becomes the value of `key`. With a `pattern` only tags that match as a whole
    count; where a commit is written, only branches and tags that match."""

    key: str
    repository: str
    write: ImagePart = "tag"
    pattern: str = ""


class TriggerDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A generic trigger has `keys`, all others have `images`. `sources` are networks that may call, such as
    10.0.0.0/8; without any every address may."""

    name: str
    config: str
    kind: TriggerKind
    keys: tuple[KeyRule, ...] = ()
    images: tuple[ImageRule, ...] = ()
    sources: tuple[str, ...] = ()
    enabled: bool = True


class TriggerEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is not given stays."""

    config: str | msgspec.UnsetType = msgspec.UNSET
    keys: tuple[KeyRule, ...] | msgspec.UnsetType = msgspec.UNSET
    images: tuple[ImageRule, ...] | msgspec.UnsetType = msgspec.UNSET
    sources: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class TriggerInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`path` is where calls go, below the server's address."""

    id: str
    name: str
    config: str
    kind: TriggerKind
    keys: tuple[KeyRule, ...]
    images: tuple[ImageRule, ...]
    sources: tuple[str, ...]
    enabled: bool
    created_at: str
    path: str


class NewSecretInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The only answers that ever hold the secret."""

    secret: str
    info: TriggerInfo


class TriggerCallInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`delivery` is the sender's id for the call. `cause` says what the payload told, `result` what became of
    it; `config_version` is the version that was made, 0 for none."""

    id: str
    delivery: str
    source: str
    received_at: str
    state: CallState
    cause: str = ""
    result: str = ""
    config_version: int = 0
    attempts: int = 0
    ended_at: str = ""


class CallContentInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A call with the body that it brought."""

    call: TriggerCallInfo
    payload: str


class ReceivedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What the sender of a call is told: 202 when it was queued, 200 when it came before. Of one that came so
    long ago that it is kept no more, `result` is empty."""

    call: str
    delivery: str
    state: CallState
    result: str = ""


class TriedKeyInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A key that a payload sets, with its present and its new value; secrets are `****`."""

    key: str
    old: str
    new: str
    changes: bool


class TrialInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What a payload would do. `impact` is null when it would change nothing."""

    config: str
    cause: str
    keys: tuple[TriedKeyInfo, ...]
    diff: str
    impact: ImpactInfo | None = None
