"""What deleting an application would do, and what it takes along."""

from __future__ import annotations

import enum

import msgspec

from cantata.core.model.objects import ObjectKey


class Also(enum.StrEnum):
    """What stays after a delete unless it is named."""

    CLAIMS = "claims"
    NAMESPACE = "namespace"


class Holder(msgspec.Struct, frozen=True):
    """A finalizer that has to be taken away before an object goes, and who does that."""

    finalizer: str
    owner: str

    def __str__(self) -> str:
        return f"{self.finalizer} ({self.owner})"


class GoingObject(msgspec.Struct, frozen=True):
    """An object that goes; `loses` says which data go with it, empty where none do."""

    key: ObjectKey
    service: str
    loses: str = ""
    holders: tuple[Holder, ...] = ()


class StayingObject(msgspec.Struct, frozen=True):
    key: ObjectKey
    service: str
    why: str


class DeletePlan(msgspec.Struct, frozen=True):
    """`counts` are the objects that go, by kind. `namespace` says what becomes of it; `trouble` why the
    cluster could not be asked, which leaves finalizers, claims and losses unknown."""

    application: str
    counts: dict[str, int]
    going: tuple[GoingObject, ...]
    staying: tuple[StayingObject, ...]
    namespace: str
    takes_namespace: bool = False
    trouble: str = ""
