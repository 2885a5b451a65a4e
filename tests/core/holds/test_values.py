from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.holds import changed_paths, encoded_at, read_by
from cantata.core.model.variables import ChartVariables, Read, ReadHow, TemplateReads, Unknown

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)
MAPS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@given(MAPS)
def test_nothing_changes_between_equal_values(values: dict[str, Any]) -> None:
    assert changed_paths(values, values) == ()


@given(MAPS, MAPS)
def test_what_changed_has_another_text_on_both_sides(old: dict[str, Any], new: dict[str, Any]) -> None:
    changed = changed_paths(old, new)
    assert changed == changed_paths(new, old)
    assert all(encoded_at(old, path) != encoded_at(new, path) for path in changed)


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, (("a", "b"),)),
        ({"a": 1}, {"a": True}, (("a",),)),
        ({"a": [1, 2]}, {"a": [2, 1]}, (("a",),)),
        ({}, {"a.b": 1}, (("a.b",),)),
        ({"a": {}}, {"a": {"b": 1}}, (("a",), ("a", "b"))),
    ],
)
def test_paths_of_changes(old: dict[str, Any], new: dict[str, Any], paths: Any) -> None:
    assert changed_paths(old, new) == paths


def test_what_is_not_there_is_not_null() -> None:
    assert encoded_at({"a": None}, ("a",)) == b"null"
    assert encoded_at({"a": None}, ("b",)) == encoded_at({"a": 1}, ("a", "b")) == b""


def reads(*templates: TemplateReads) -> ChartVariables:
    return ChartVariables("sha256:1", templates)


def test_a_service_holds_what_it_reads_and_what_is_delivered_to_it() -> None:
    web = TemplateReads("shop/templates/web.yaml", (Read(("web",), ReadHow.VALUE),))
    api = TemplateReads("shop/templates/api.yaml", (Read(("api", "port"), ReadHow.VALUE),))
    paths = (("web", "image"), ("api", "port"), ("api", "host"), ("db", "host"))
    variables = reads(web, api)
    assert read_by(variables, [web.path], ["db.host"], paths) == (("web", "image"), ("db", "host"))
    assert read_by(variables, [api.path], [], paths) == (("api", "port"),)
    assert read_by(variables, [], [], paths) == paths, "nobody knows what it reads"


def test_a_service_that_cannot_be_followed_may_read_everything() -> None:
    dark = TemplateReads("shop/templates/web.yaml", (), (Unknown("shop/templates/web.yaml", 1, (), "tpl"),))
    assert read_by(reads(dark), [dark.path], [], [("a",)]) == (("a",),)
