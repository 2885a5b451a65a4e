"""What deleting an application would do, and what forgetting one leaves behind."""

from __future__ import annotations

import msgspec


class HolderInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A finalizer, and who takes it away."""

    finalizer: str
    owner: str


class GoingInfo(msgspec.Struct, frozen=True, rename="camel"):
    """An object that goes. `loses` says which data go with it; `holders` are its finalizers now."""

    object: str
    service: str
    loses: str = ""
    holders: tuple[HolderInfo, ...] = ()


class StayingInfo(msgspec.Struct, frozen=True, rename="camel"):
    """An object that stays in the cluster, and why."""

    object: str
    service: str
    why: str


class DeletePlanInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`counts` are the objects that go, by kind. `trouble` says why the cluster could not be asked, which
    leaves claims, losses and finalizers unknown."""

    application: str
    counts: dict[str, int]
    going: tuple[GoingInfo, ...]
    staying: tuple[StayingInfo, ...]
    namespace: str
    takes_namespace: bool = False
    trouble: str = ""


class ForgetRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`confirm` is the application's name once more."""

    confirm: str


class ForgottenInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`orphans` are the objects that may be left in the cluster."""

    application: str
    cluster: str
    namespace: str
    orphans: tuple[str, ...]
