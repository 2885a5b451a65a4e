from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.model.plans import FieldChange
from cantata.core.plan import intent


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}, [("a.b", 1, 2)]),
        ({}, {"a": {"b": 1}}, [("a.b", None, 1)]),
        ({"a": {"b": 1}}, {}, [("a.b", 1, None)]),
        ({"a": {"b": 1}}, {"a": 5}, [("a", None, 5), ("a.b", 1, None)]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("a", [1, 2], [2, 1])]),
        ({"a": {}}, {}, [("a", {}, None)]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": "1"}, {"a": 1}, [("a", "1", 1)]),
        ({"a": [{"b": 1}]}, {"a": [{"b": True}]}, [("a", [{"b": 1}], [{"b": True}])]),
        ({"a.b": 1, "a": {"b": 2}}, {"a.b": 1, "a": {"b": 3}}, [("a.b", 2, 3)]),
    ],
)
def test_changes_are_told_by_key(old: Any, new: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert intent(old, new) == tuple(FieldChange(*each) for each in expected)


def test_a_secret_shows_that_it_changed_and_not_what_it_is() -> None:
    old, new = {"db": {"password": "old", "host": "a"}}, {"db": {"password": "new", "host": "b"}}
    assert intent(old, new, secret=[("db", "password")]) == (
        FieldChange("db.host", "a", "b"),
        FieldChange("db.password", "****", "****"),
    )


def test_a_secret_that_came_or_went_shows_so() -> None:
    secret = [("password",)]
    assert intent({}, {"password": "new"}, secret=secret) == (FieldChange("password", None, "****"),)
    assert intent({"password": "old"}, {}, secret=secret) == (FieldChange("password", "****", None),)


values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2) | st.lists(st.integers(0, 2)),
    lambda inner: st.dictionaries(st.sampled_from(["x", "y", "z"]), inner, max_size=3),
    max_leaves=8,
)
maps = st.dictionaries(st.sampled_from(["x", "y", "z"]), values, max_size=3)


def every_path(value: Any, parent: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if not isinstance(value, dict):
        return {parent}
    return {parent}.union(*(every_path(item, (*parent, name)) for name, item in value.items()))


@given(maps, maps)
def test_nothing_is_said_of_equal_values_and_both_directions_agree(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert intent(old, old) == ()
    there = {(each.path, str(each.old), str(each.new)) for each in intent(old, new)}
    back = {(each.path, str(each.new), str(each.old)) for each in intent(new, old)}
    assert there == back


@given(maps, maps)
def test_no_secret_value_is_ever_shown(old: dict[str, Any], new: dict[str, Any]) -> None:
    for change in intent(old, new, secret=every_path(old) | every_path(new)):
        assert {change.old, change.new} <= {None, "****"}
