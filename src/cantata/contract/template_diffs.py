"""Two templates held against each other."""

from __future__ import annotations

import msgspec

from cantata.contract.drafts import ValueSetDraft
from cantata.contract.plans import ServicePlanInfo
from cantata.contract.states import ChangeKind


class ChartSideDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Just one of `template`, of which `version` (a number, or a semantic version) is the latest by default,
    and `archive`, which is called `name` in answers."""

    template: str = ""
    version: int | str | None = None
    archive: bytes = b""
    name: str = ""


class ChartDiffRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Both sides are rendered with `values` over the defaults of each, or as `application` has it."""

    old: ChartSideDraft
    new: ChartSideDraft
    values: ValueSetDraft | None = None
    application: str = ""
    cluster: str = ""


class FileDiffInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A file with what differs in it as unified text. What is no text, or too long, has the digests of both
    contents instead, empty where there is none. `was` is the path that most of it had before."""

    path: str
    kind: ChangeKind
    added: int = 0
    removed: int = 0
    text: str = ""
    old_digest: str = ""
    new_digest: str = ""
    was: str = ""


class TemplateDiffInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`services` are what differs of the objects that both sides render, hooks under an empty name; `renamed`
    are services by their names before. `unrendered` says why that cannot be told."""

    old: str
    new: str
    differs: bool
    files: tuple[FileDiffInfo, ...] = ()
    services: tuple[ServicePlanInfo, ...] = ()
    renamed: dict[str, str] = {}
    unrendered: str = ""
