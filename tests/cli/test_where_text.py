"""Where a key is, as people read it."""

from __future__ import annotations

import pytest

from cantata.cli.where_text import summary_lines, where_lines
from cantata.contract.parity import EnvironmentInfo, FileInfo
from cantata.contract.where import (
    ApplicationWhereInfo,
    KeyEntryInfo,
    LineInfo,
    PodValueInfo,
    ServiceWhereInfo,
)

OLD = PodValueInfo("web-a", "stale", "shop@17", 41)
NEW = PodValueInfo("web-b", "current", "shop@18", 42)
GOING = PodValueInfo("web-c", "stale", "shop@17", 41, ending=True)

SUMS = {
    "a rollout": ((OLD, NEW, NEW), ["1 of 3 pods still on version 17", "2 of 3 pods on version 18"]),
    "one that is going": ((NEW, GOING), ["1 of 1 pod on version 18"]),
    "not known": ((PodValueInfo("web-d", "unknown"),), ["1 of 1 pod: not known on which version"]),
    "of the parent": ((PodValueInfo("web-e", "stale", "base@2"),), ["1 of 1 pod still on base@2"]),
    "of an override": (
        (PodValueInfo("web-f", "current"),),
        ["1 of 1 pod on a value that no config sets"],
    ),
    "no pods": ((), []),
}


@pytest.mark.parametrize(("pods", "lines"), SUMS.values(), ids=SUMS)
def test_the_sum_says_how_many_pods_are_where(pods: tuple[PodValueInfo, ...], lines: list[str]) -> None:
    assert list(summary_lines("shop", pods)) == lines


def test_the_tree_has_all_that_carries_the_key() -> None:
    service = ServiceWhereInfo(
        service="web",
        version="shop@18",
        origin="config shop@20",
        lines=(LineInfo("shop/templates/web.yaml", 31, "value"), LineInfo("shop/Chart.yaml", 0, "presence")),
        environment=(EnvironmentInfo("main", "DB_HOST"),),
        files=(FileInfo("main", "/etc/db.json", "json"),),
        entries=(KeyEntryInfo("ConfigMap", "shop-web-config", "db.host", in_place=True),),
        pods=(OLD, GOING),
    )
    whole = ServiceWhereInfo(service="", origin="overrides of application shop")
    told = [
        ApplicationWhereInfo("one", "shop@20", (service, whole)),
        ApplicationWhereInfo("two", "shop", (), "the cluster cannot be reached"),
        ApplicationWhereInfo("three", "shop"),
    ]
    assert where_lines("shop", "db.host", told) == [
        "1 of 1 pod still on version 17",
        "application one (shop@20)",
        "  service web (set in shop@18)",
        "    template shop/templates/web.yaml:31",
        "    template shop/Chart.yaml (presence)",
        "    env DB_HOST in container main",
        "    file /etc/db.json in container main (json)",
        "    entry db.host of ConfigMap shop-web-config (in place)",
        "    pod web-a: still on version 17 (revision 41)",
        "    pod web-c: still on version 17 (revision 41), ending",
        "  the application (hooks, notes, files that render nothing now) (overrides of application shop)",
        "application two (shop)",
        "  the cluster cannot be reached",
        "not read by: three",
    ]


def test_nothing_is_said_in_words() -> None:
    assert where_lines("shop", "a", []) == ["no application uses config shop"]
    assert where_lines("shop", "a", [ApplicationWhereInfo("one", "shop")]) == ["nobody reads a"]
