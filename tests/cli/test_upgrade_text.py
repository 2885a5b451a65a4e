"""An upgrade as people see it."""

from __future__ import annotations

from typing import Any

from cantata.cli.upgrade_text import upgrade_lines
from cantata.contract.errors import DetailInfo, ErrorInfo, PlaceInfo
from cantata.contract.states import UpgradeKind
from cantata.contract.upgrades import (
    ServiceUpgradeInfo,
    UpgradeInfo,
    UpgradeKeyInfo,
    UpgradeValueInfo,
    UpgradeVersionInfo,
)
from cantata.errors import Category

OLD, NEW = UpgradeVersionInfo(1, "1.0.0", "sha256:a"), UpgradeVersionInfo(2, "1.1.0", "sha256:b")


def value(value: Any, *places: tuple[str, int], secret: bool = False) -> UpgradeValueInfo:
    return UpgradeValueInfo(value, tuple(PlaceInfo(file, line) for file, line in places), secret)


def key(name: str, kind: UpgradeKind, **fields: Any) -> UpgradeKeyInfo:
    return UpgradeKeyInfo(name, tuple(name.split(".")), kind, **fields)


def test_everything_that_an_upgrade_may_say() -> None:
    mine = value(5, ("overrides of application shop-dev", 1), ("config shop-dev@3", 12))
    told = UpgradeInfo(
        application="shop-dev",
        template="shop",
        old=OLD,
        new=NEW,
        keys=(
            key("web.replicas", "conflict", old=value(1), new=value(3), mine=mine),
            key("web.mode", "conflict", old=value("a"), new=value(["a"]), mine=mine, type_changed=True),
            key("tag", "same", old=value("1"), new=value("2"), mine=mine, choice="take", service="web"),
            key("ttl", "orphaned", old=value(1), mine=mine, moved="cache.ttl", choice="take"),
            key("image", "changed", old=value("a"), new=value("b"), choice="keep"),
            key("cache.ttl", "added", new=value(60), description="How long\nor longer"),
            key("token", "added", required=True),
            key("old", "removed", old=value(True)),
        ),
        services=(
            ServiceUpgradeInfo("web", "renamed", was="frontend", overrides=True, adjusted=True),
            ServiceUpgradeInfo("search", "new"),
            ServiceUpgradeInfo("cache", "removed", overrides=True, dependants=("api", "web")),
        ),
        undecided=2,
        blocked=True,
        violations=(DetailInfo("got string", PlaceInfo("config shop-dev@3", 4, 1, "port")),),
        trouble=ErrorInfo("TemplateFailed", Category.INVALID, "it fails", hint="Mend it."),
        config="shop-dev",
        config_users=("shop-test",),
    )
    assert upgrade_lines(told) == [
        "application shop-dev: shop@1 (1.0.0) → shop@2 (1.1.0)",
        "changed by you and by the template:",
        "  web.replicas: yours 5 (overrides of application shop-dev:1, config shop-dev@3:12), was 1, now 3",
        "  web.mode: yours 5 (overrides of application shop-dev:1, config shop-dev@3:12), "
        'was "a", now ["a"], of another type',
        "yours is the old default:",
        "  tag (service web): yours 5 (overrides of application shop-dev:1, config shop-dev@3:12), "
        'was "1", now "2" → the new default',
        "yours, and no longer known:",
        "  ttl: yours 5 (overrides of application shop-dev:1, config shop-dev@3:12), was 1, "
        "perhaps cache.ttl now → goes",
        "new defaults, which you follow:",
        '  image: "a" → "b" → stays',
        "new variables:",
        "  cache.ttl: 60  # How long",
        "  token: needs a value",
        "no longer there:",
        "  old: was true",
        "services:",
        "  ~ frontend is web now, its overrides and adjustments move along",
        "  + search",
        "  - cache; api, web waited for it; the application has overrides for it: --drop cache",
        "values that the new version does not take:",
        "  port: got string (config shop-dev@3:4)",
        "error: it fails",
        "  Mend it.",
        "config shop-dev: a new version with what you chose, which shop-test use too",
        "undecided: 2. Say `--take KEY`, `--keep KEY` or `--set KEY=VALUE`.",
    ]


def test_nothing_to_upgrade() -> None:
    assert upgrade_lines(UpgradeInfo("a", "shop", NEW, NEW)) == ["application a has shop@2 (1.1.0) already"]
