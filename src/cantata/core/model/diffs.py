"""Two states of an application, or of two applications, held against each other."""

from __future__ import annotations

import msgspec

from cantata.core.config import ChangeKind
from cantata.core.model.plans import Folded, FoldReason, ServicePlan, ValueChange


class FileChange(msgspec.Struct, frozen=True, rename="camel"):
    """A file of the template, with how many lines came and went; none of a file that is not text."""

    path: str
    kind: ChangeKind
    added: int = 0
    removed: int = 0


class FileDiff(msgspec.Struct, frozen=True, rename="camel"):
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


class TemplateDiff(msgspec.Struct, frozen=True, rename="camel"):
    """`old` and `new` name the sides: `shop@1`, a folder. `services` are what differs of the objects that
    they render with the same values, hooks under an empty name; `renamed` are services by their names before.
    `unrendered` says why that cannot be told."""

    old: str
    new: str
    files: tuple[FileDiff, ...] = ()
    services: tuple[ServicePlan, ...] = ()
    renamed: dict[str, str] = {}
    unrendered: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.files or self.services)


class Diff(msgspec.Struct, frozen=True, rename="camel"):
    """`old` and `new` name the sides: `revision 3`, `edited`, `live`, `shop-prod, revision 5`.

    Intent are `versions` (template, configs and engine of the services), `files` of the template and `values`
    by key. Effect and drift stand in `services`, object by object; those without a difference are left out.
    `differs` says whether anything does that counts: what others set beside our fields does not, and neither
    do values that change no object.
    """

    application: str
    old: str
    new: str
    differs: bool
    versions: tuple[ValueChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    values: tuple[ValueChange, ...] = ()
    services: tuple[ServicePlan, ...] = ()

    @property
    def folded(self) -> tuple[Folded, ...]:
        """Over all objects."""
        counts: dict[FoldReason, int] = {}
        for service in self.services:
            for item in service.objects:
                for each in item.folded:
                    counts[each.reason] = counts.get(each.reason, 0) + each.count
        return tuple(Folded(reason, counts[reason]) for reason in FoldReason if reason in counts)
