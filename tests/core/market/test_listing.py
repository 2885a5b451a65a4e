"""Rows of an index become charts."""

from __future__ import annotations

from cantata.core.market import by_chart, newer
from cantata.core.model.market import ChartRow


def test_a_chart_is_shown_by_its_newest_stable_version() -> None:
    rows = [
        ChartRow("api", "1.0.0-rc.1", description="only to come"),
        ChartRow("web", "2.0.0-rc.1", description="to come"),
        ChartRow("web", "1.4.0+build-7", description="there", deprecated=True),
        ChartRow("web", "1.3.0"),
    ]
    api, web = by_chart(rows)
    assert (api.newest.version, len(api.versions)) == ("1.0.0-rc.1", 1)
    assert (web.newest.version, web.newest.description, web.newest.deprecated) == (
        "1.4.0+build-7",
        "there",
        True,
    )
    assert [each.version for each in web.versions] == ["2.0.0-rc.1", "1.4.0+build-7", "1.3.0"]


def test_where_one_version_alone_is_described_its_words_are_those_of_the_chart() -> None:
    """As registries do it."""
    rows = [
        ChartRow("web", "2.0.0-rc.1", app_version="2", description="a web", icon="i", digest="d2"),
        ChartRow("web", "1.4.0", urls=("u",)),
    ]
    (web,) = by_chart(rows)
    newest = ChartRow("web", "1.4.0", description="a web", icon="i", urls=("u",))
    assert web.newest == newest


def test_newer_is_what_comes_later_in_semantic_order() -> None:
    assert newer("1.9.0", "1.10.0") == "1.10.0"
    assert newer("v1.2", "1.2.0") == ""
    assert newer("2.0.0-rc.1", "1.9.0") == ""
    assert newer("2.0.0-rc.1", "2.0.0") == "2.0.0"
    assert newer("1.0.0", "") == ""
