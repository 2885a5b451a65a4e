"""Two states of an application, or of two applications, held against each other."""

from __future__ import annotations

import msgspec

from cantata.contract.plans import FoldedInfo, ServicePlanInfo, ValueChangeInfo
from cantata.contract.states import ChangeKind

LIVE = "live"
"""The side that is the cluster."""


class FileChangeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A file of the template, with how many lines came and went."""

    path: str
    kind: ChangeKind
    added: int = 0
    removed: int = 0


class DiffInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`old` and `new` name the sides: `revision 3`, `edited`, `live`, `shop-prod, revision 5`.

    Intent are `versions` (template, configs, engine), `files` of the template and `values` by key. Effect and
    drift stand in `services`, object by object; what is equal is left out. `differs` says whether anything
    does that counts; `folded` are the fields, over all objects, that differ for a known reason.
    """

    application: str
    old: str
    new: str
    differs: bool
    versions: tuple[ValueChangeInfo, ...] = ()
    files: tuple[FileChangeInfo, ...] = ()
    values: tuple[ValueChangeInfo, ...] = ()
    services: tuple[ServicePlanInfo, ...] = ()
    folded: tuple[FoldedInfo, ...] = ()
