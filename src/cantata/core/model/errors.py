"""Errors about nouns, shared by the store, the use cases and the routes.

NotFound
├── ConfigNotFound, ConfigVersionNotFound, ConfigTagNotFound, ConfigKeyNotFound, SecretNotFound
├── TemplateNotFound, TemplateVersionNotFound
├── ApplicationNotFound, RevisionNotFound, OperationNotFound, PlanNotFound, ServiceNotFound
├── ClusterNotFound, ProjectNotFound, TokenNotFound
├── RepositoryNotFound, ChartNotListed, PublicationNotFound
└── TriggerNotFound, TriggerCallNotFound, HoldNotFound (beside the code that raises it)
NameInvalid, LabelInvalid, TagInvalid, NameTaken, EditConflict, InUse, OperationEnded, PlanEnded
TriggerQueueFull
BlobMissing, BlobUnreadable
SealedUnderLostKey: SecretUnreadable, RevisionUnreadable, PlanUnreadable, ClusterCredentialsUnreadable,
    RepositoryCredentialsUnreadable
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from cantata.errors import CantataError, Category

LISTED_AT_MOST = 30
LISTED = re.compile(r"\b(NAME|APPLICATION)\b")
SHOWN = 300
"""How much of a name that was asked for is told: no name of ours is longer."""


class NotFound(CantataError):
    """`noun` is what was looked for; the hint is the `listing` that shows what is there, of the thing `of` if
    that is known, else `advice`; before it comes a name that is near among those that are `known`."""

    category = Category.NOT_FOUND
    noun = "thing"
    listing = ""
    advice = ""

    def __init__(self, name: object, *, of: str = "", known: Iterable[str] = ()) -> None:
        asked = str(name)[:SHOWN]
        near = difflib.get_close_matches(asked, [*known], n=1, cutoff=0.7)
        hint = " ".join(filter(None, [f"Did you mean {near[0]}?" if near else "", self._where(of)]))
        super().__init__(f"there is no {self.noun} {asked}", subject=f"{self.noun} {asked}", hint=hint)

    def _where(self, of: str) -> str:
        """What shows what is there."""
        listing = LISTED.sub(of, self.listing) if of else self.listing
        return f"`cantata {listing}` shows what is there." if listing else self.advice


class ConfigNotFound(NotFound):
    noun, listing = "config", "config list"


class ConfigVersionNotFound(NotFound):
    noun, listing = "config version", "config history NAME"


class ConfigTagNotFound(NotFound):
    noun, listing = "tag", "config tags NAME"


class ConfigSchemaNotFound(NotFound):
    noun = "schema"
    advice = "`cantata config schema set NAME -f FILE` gives it one."


class ConfigKeyNotFound(NotFound):
    """`keys` are those that the config has: one that is near, or below it, is suggested."""

    noun = "key"

    def __init__(self, config: str, key: str, keys: Sequence[str]) -> None:
        super().__init__(f"{key[:80]} in config {config}")
        below = [each for each in keys if each.startswith(f"{key}.")]
        near = below[:5] or difflib.get_close_matches(key, keys, n=1, cutoff=0.7)
        if near:
            self.hint = f"{'Its keys are' if below else 'Did you mean'} {', '.join(near)}{'?' * (not below)}"
        else:
            self.hint = f"`cantata config show {config} --effective` shows what is there."


class SecretNotFound(NotFound):
    noun = "secret"
    advice = "Write the value itself after `!secret`: it is kept apart, and the text gets its reference."


class TemplateNotFound(NotFound):
    noun, listing = "template", "template list"


class TemplateVersionNotFound(NotFound):
    noun, listing = "template version", "template history NAME"


class ApplicationNotFound(NotFound):
    noun, listing = "application", "app list"


class ServiceNotFound(NotFound):
    """`known` are the services that there are: not too many are listed."""

    noun, listing = "service", "app status APPLICATION"

    def __init__(self, name: object, *, of: str = "", known: Iterable[str] = ()) -> None:
        self._names = sorted(known)
        super().__init__(name, of=of, known=self._names)

    def _where(self, of: str) -> str:
        if 0 < len(self._names) <= LISTED_AT_MOST:
            return f"The services of {of} are {', '.join(self._names)}."
        return super()._where(of)


class RevisionNotFound(NotFound):
    noun, listing = "revision", "app history APPLICATION"


class PlanNotFound(NotFound):
    noun, listing = "plan", "plan list"


class OperationNotFound(NotFound):
    noun, listing = "operation", "operation list"


class ClusterNotFound(NotFound):
    noun, listing = "cluster", "cluster list"


class ProjectNotFound(NotFound):
    noun = "project"
    advice = "Name another one by CANTATA_PROJECT; `default` is always there."


class TokenNotFound(NotFound):
    noun, listing = "token", "token list"


class TriggerNotFound(NotFound):
    noun, listing = "trigger", "trigger list"


class TriggerCallNotFound(NotFound):
    noun, listing = "call", "trigger calls NAME"


class WebhookNotFound(NotFound):
    noun, listing = "webhook", "webhook list"


class DeliveryNotFound(NotFound):
    noun, listing = "delivery", "webhook deliveries NAME"


class RepositoryNotFound(NotFound):
    noun, listing = "repository", "market list"


class ChartNotListed(NotFound):
    noun, listing = "chart", "market search NAME"


class PublicationNotFound(NotFound):
    noun, listing = "published chart", "market published"


class NameInvalid(CantataError):
    category = Category.INVALID


class LabelInvalid(CantataError):
    """A label's key or value breaks the rules of Kubernetes' labels."""

    category = Category.INVALID


class TagInvalid(CantataError):
    category = Category.INVALID


class NameTaken(CantataError):
    category = Category.CONFLICT

    def __init__(
        self, message: str, *, subject: str, hint: str = "Choose another name, or change what has this one."
    ) -> None:
        super().__init__(message, subject=subject, hint=hint)


class EditConflict(CantataError):
    """Somebody else changed it since it was read: read again, then decide."""

    category = Category.CONFLICT


class InUse(CantataError):
    """It cannot go while others refer to it; the details name them."""

    category = Category.CONFLICT


class OperationEnded(CantataError):
    category = Category.CONFLICT


class PlanEnded(CantataError):
    """It was applied, or is too old to be."""

    category = Category.CONFLICT


class TriggerQueueFull(CantataError):
    """As many calls of one trigger wait as may; nothing of this one was kept, so it may be sent again."""

    category = Category.UNAVAILABLE
    again_after = 30


class BlobMissing(CantataError):
    category = Category.INTERNAL


class BlobUnreadable(CantataError):
    """The encryption key does not fit: a wrong or lost key file."""

    category = Category.INTERNAL


LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class SealedUnderLostKey(CantataError):
    """What was asked for was sealed under a key file that is lost for good: nobody can read it."""

    category = Category.CONFLICT


class SecretUnreadable(SealedUnderLostKey):
    """Secrets of a config are lost with their key; each has to be set anew."""


class RevisionExpired(CantataError):
    """What a revision ran is kept no more: its manifests went with retention."""

    category = Category.REFUSED


class RevisionUnreadable(SealedUnderLostKey):
    """What a revision ran with is lost with its key; a deploy of the whole application makes a new one."""


class PlanUnreadable(SealedUnderLostKey):
    """What a plan holds is lost with its key; it can only be deleted."""


class ClusterCredentialsUnreadable(SealedUnderLostKey):
    """The credentials of a cluster are lost with their key."""


class RepositoryCredentialsUnreadable(SealedUnderLostKey):
    """The credentials of a repository of charts are lost with their key."""


def check_name(noun: str, name: str) -> None:
    """A name is a DNS label of at most 53 characters. Raises `NameInvalid`."""
    if len(name) > 53 or not LABEL.fullmatch(name):
        raise NameInvalid(
            f"{name[:80]!r} is not a name for {'an' if noun[0] in 'aeiou' else 'a'} {noun}",
            subject=noun,
            hint="Use at most 53 lower-case letters, digits and hyphens, no hyphen at either end.",
        )


TAG = re.compile(r"[A-Za-z][-._A-Za-z0-9]{0,62}")


def check_tag(subject: str, tag: str) -> None:
    """A tag begins with a letter, so that it is never taken for a number. Raises `TagInvalid`."""
    if not TAG.fullmatch(tag):
        raise TagInvalid(
            f"{tag[:80]!r} cannot be a tag",
            subject=subject,
            hint="Use at most 63 letters, digits, `-`, `_` and `.`, a letter first.",
        )


WORD = r"[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?"
LABEL_KEY = re.compile(rf"([a-z0-9]([-.a-z0-9]{{0,251}}[a-z0-9])?/)?{WORD}")
LABEL_VALUE = re.compile(rf"({WORD})?")


def check_labels(subject: str, labels: Mapping[str, str]) -> None:
    """Keys and values are those that Kubernetes takes. Raises `LabelInvalid`."""
    for key, value in labels.items():
        for text, rule in ((key, LABEL_KEY), (value, LABEL_VALUE)):
            if not rule.fullmatch(text):
                raise LabelInvalid(
                    f"{text[:80]!r} cannot stand in a label",
                    subject=subject,
                    hint="Use at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends.",
                )
