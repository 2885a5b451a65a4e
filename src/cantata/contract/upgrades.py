"""Bringing an application to another version of its template."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.contract.applications import ApplicationInfo
from cantata.contract.errors import DetailInfo, ErrorInfo, PlaceInfo
from cantata.contract.plans import PlanInfo
from cantata.contract.states import ServiceFate, UpgradeChoice, UpgradeKind


class UpgradeRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`to` is a number or a semantic version, null the latest. `take` names keys whose new default is wanted,
    `keep` those whose value stays, each with all that is below; `*` means every value of the application's
    own. `values` are by key one YAML value. `to_config` writes this into a new version of the application's
    config instead of its overrides. `drop` names services that are gone, whose overrides go, too."""

    to: int | str | None = None
    take: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    values: dict[str, str] = {}
    to_config: bool = False
    drop: tuple[str, ...] = ()


class UpgradeVersionInfo(msgspec.Struct, frozen=True, rename="camel"):
    number: int
    version: str
    digest: str


class UpgradeValueInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A value, and where it is written: the nearest layer first. A secret is `****`."""

    value: Any
    written: tuple[PlaceInfo, ...]
    secret: bool = False


class UpgradeKeyInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What the upgrade means for one key. `old` and `new` are the defaults, `mine` is the application's own
    value, each null where there is none.

    `conflict`: the default has changed, and `mine` is neither. `same`: the default has changed, and `mine` is
    the old one. `orphaned`: the application sets it, and the new version does not know it. `changed`: the
    default has changed, and the application follows. `added` and `removed`: the template has it now, or no
    more. `service` names the service whose overrides say it. `required` says that the templates fail without
    a value. `moved` is where a key that is gone may be found now, by its description or its value.
    """

    key: str
    path: tuple[str, ...]
    kind: UpgradeKind
    old: UpgradeValueInfo | None = None
    new: UpgradeValueInfo | None = None
    mine: UpgradeValueInfo | None = None
    service: str = ""
    type_changed: bool = False
    required: bool = False
    description: str = ""
    moved: str = ""
    choice: UpgradeChoice | None = None


class ServiceUpgradeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A service that comes, goes or gets another name. `overrides` and `adjusted` say that the application
    has values, or patches and numbers of pods, for it alone: those of a renamed service move along.
    `dependants` waited for one that is gone."""

    service: str
    fate: ServiceFate
    was: str = ""
    overrides: bool = False
    adjusted: bool = False
    dependants: tuple[str, ...] = ()


class UpgradeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`undecided` counts the conflicts without a choice, and `blocked` says that it cannot be done as it is:
    `violations` are values that the new version's schema refuses, `trouble` is why there is no plan, or no
    sound one. `plan` is what a deploy would do then. `config` is the config that gets a new version, with the
    other applications that use it. `result` is the application behind the upgrade, null in a preview."""

    application: str
    template: str
    old: UpgradeVersionInfo
    new: UpgradeVersionInfo
    keys: tuple[UpgradeKeyInfo, ...] = ()
    services: tuple[ServiceUpgradeInfo, ...] = ()
    undecided: int = 0
    blocked: bool = False
    violations: tuple[DetailInfo, ...] = ()
    trouble: ErrorInfo | None = None
    plan: PlanInfo | None = None
    config: str = ""
    config_users: tuple[str, ...] = ()
    result: ApplicationInfo | None = None
