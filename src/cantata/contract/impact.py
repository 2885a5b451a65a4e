"""What a proposed config would change."""

from __future__ import annotations

import msgspec

from cantata.contract.configs import Extends
from cantata.contract.plans import ObjectPlanInfo
from cantata.contract.states import Action, Reach


class ImpactRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A text as it would be saved. Without `extends` the parent stays; null takes it away."""

    text: str
    extends: Extends | msgspec.UnsetType | None = msgspec.UNSET


class ServiceImpactInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`rolls` says whether pods are replaced, `keys` are the changed keys that reach the service as
    environment or files."""

    service: str
    action: Action
    rolls: bool
    objects: tuple[ObjectPlanInfo, ...]
    keys: tuple[str, ...] = ()


class ApplicationImpactInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`order` lists the changed services in waves that may run together, `error` tells why it would fail."""

    application: str
    reach: Reach
    config: str
    services: tuple[ServiceImpactInfo, ...] = ()
    order: tuple[tuple[str, ...], ...] = ()
    error: str = ""


class ImpactInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`applications` are all that use the config, `unread` the keys of the text that none of them reads."""

    config: str
    applications: tuple[ApplicationImpactInfo, ...]
    unread: tuple[str, ...] = ()
