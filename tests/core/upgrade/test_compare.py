"""What a new version of a template means for each key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cantata.core.upgrade import ValueUpgrade

Upgrade = Callable[..., tuple[ValueUpgrade, ...]]

CASES: dict[str, tuple[tuple[str, str, str], dict[str, str]]] = {
    "nothing changed": (("a: 1\n", "a: 1\n", "a: 2"), {}),
    "comments and order are nothing": (("a: 1\nb: 2\n", "# why\nb: 2\na: 1\n", "a: 5"), {}),
    "a default that is followed": (("a: 1", "a: 2", ""), {"a": "changed"}),
    "my value is neither": (("a: 1", "a: 2", "a: 3"), {"a": "conflict"}),
    "my value is the old default": (("a: 1", "a: 2", "a: 1"), {"a": "same"}),
    "my value is the new default": (("a: 1", "a: 2", "a: 2"), {}),
    "deleted by me": (("a: 1", "a: 2", "a: ~"), {"a": "conflict"}),
    "one is not true": (("a: true", "a: false", "a: 1"), {"a": "conflict"}),
    "a text is not a number": (("a: 1", 'a: "1"', ""), {"a": "changed"}),
    "how a number is written counts": (("a: 1.10", "a: 1.1", ""), {"a": "changed"}),
    "null is null": (("a: ~", "a: null", "a: 3"), {}),
    "lists are one value": (("a: [1, 2]", "a: [1, 3]", "a: [1, 2]"), {"a": "same"}),
    "new": (("a: 1", "a: 1\nb: 2", ""), {"b": "added"}),
    "new, and set already": (("a: 1", "a: 1\nb: 2", "b: 3"), {"b": "added"}),
    "new, and set to another type": (("a: 1", "a: 1\nb: [2]", "b: 3"), {"b": "conflict"}),
    "new where null was": (("a: ~", "a: {b: 1}", ""), {"a.b": "added"}),
    "gone": (("a: 1\nb: 2", "a: 1", ""), {"b": "removed"}),
    "gone, and set": (("a: 1\nb: 2", "a: 1", "b: 3"), {"b": "orphaned"}),
    "gone, and set to what it was": (("a: 1\nb: 2", "a: 1", "b: 2"), {"b": "orphaned"}),
    "a map that is gone": (
        ("a: {b: 1, c: 2}\nd: 1", "d: 1", "a: {b: 3}"),
        {"a.b": "orphaned", "a.c": "removed"},
    ),
    "unknown to both": (("a: 1", "a: 1", "zzz: 3"), {}),
    "a key in a map": (
        ("a: {b: 1, c: 1}", "a: {b: 2, c: 2}", "a: {b: 3}"),
        {"a.b": "conflict", "a.c": "changed"},
    ),
    "an empty map says nothing": (("a: {b: 1}", "a: {b: 2}", "a: {}"), {"a.b": "changed"}),
    "a map becomes a value": (("a: {b: 1}", "a: 2", ""), {"a": "changed"}),
    "a value becomes a map": (("a: 1", "a: {b: 2}", ""), {"a": "changed"}),
    "a value becomes a map that I set": (("a: 1", "a: {b: 2}", "a: 5"), {"a": "conflict"}),
    "a map becomes a value, and I set a key": (("a: {b: 1}", "a: 2", "a: {b: 3}"), {"a.b": "conflict"}),
    "I have a value where both have maps": (("a: {b: 1}", "a: {b: 2}", "a: 5"), {"a": "conflict"}),
    "what a map gets beside my value": (("a: {b: 1}", "a: {b: 1, c: 2}", "a: {b: 3}"), {"a.c": "added"}),
    "a map that may be empty": (("a: {}", "a: {}", "a: {x: 1}"), {}),
    "a map that is no longer empty": (
        ("a: {}", "a: {x: 1}", "a: {y: 2}"),
        {"a.x": "added", "a.y": "orphaned"},
    ),
    "a key with a dot": (("a: {b.c: 1}", "a: {b.c: 2}", "a: {b.c: 3}"), {"a.b.c": "conflict"}),
}


@pytest.mark.parametrize(("texts", "wanted"), CASES.values(), ids=CASES)
def test_kinds(upgrade: Upgrade, texts: tuple[str, str, str], wanted: dict[str, str]) -> None:
    old, new, mine = texts
    assert {each.key: each.kind.value for each in upgrade(old, new, "", mine)} == wanted


RETYPED = {
    "the default": ("a: 1", "a: x", ""),
    "mine": ("a: 1", "a: [1]", "a: 2"),
    "a map": ("a: {b: 1}", "a: 2", "a: {b: 3}"),
}


@pytest.mark.parametrize("texts", RETYPED.values(), ids=RETYPED)
def test_a_change_of_type_is_told(upgrade: Upgrade, texts: tuple[str, str, str]) -> None:
    (found,) = upgrade(*texts[:2], "", texts[2])
    assert found.type_changed
    (found,) = upgrade("a: 1", "a: 2", "", "a: ~")
    assert not found.type_changed


def test_three_values_and_where_each_is_written(upgrade: Upgrade) -> None:
    (found,) = upgrade("a: 1", "# x\na: 2", "\na: 3", "\n\na: 4", "a: 5")
    mine = found.mine
    assert found.old is not None
    assert found.new is not None
    assert (found.old.value, found.new.value, found.new.origin.line) == (1, 2, 2)
    places = []
    while mine is not None:
        places.append((mine.value, mine.origin.layer, mine.origin.line))
        mine = mine.overrides
    assert places == [(5, "application", 1), (4, "config", 3), (3, "parent", 2)]


def test_overrides_of_services_are_told_apart(upgrade: Upgrade) -> None:
    found = upgrade("a: 1\nb: 1", "a: 2\nb: 2", "", "a: 1", services={"web": "a: 3\nb: 1"})
    assert [(each.key, each.service, each.kind.value) for each in found] == [
        ("a", "web", "conflict"),
        ("a", "", "same"),
        ("b", "web", "same"),
        ("b", "", "changed"),
    ]


def test_a_value_that_is_read_though_it_has_no_default_any_more_stays(upgrade: Upgrade) -> None:
    assert upgrade("a: 1", "", "", "a: 3", new_reads=["a"]) == ()
    (found,) = upgrade("a: 1", "", "", "", new_reads=["a"])
    assert (found.kind.value, found.new) == ("changed", None)
    (found,) = upgrade("", "", "", "a: 3", old_reads=["a"])
    assert found.kind.value == "orphaned"
    assert upgrade("", "", "", "a: {b: 3}", old_reads=["a"], new_reads=["a"]) == ()


REQUIRED: dict[str, tuple[dict[str, Any], bool | None]] = {
    "without a default": ({"new": "", "new_reads": ["a"]}, True),
    "with an empty one": ({"new": 'a: ""'}, True),
    "with a default": ({"new": "a: 1"}, False),
    "given": ({"new": "", "new_reads": ["a"], "mine": "a: 1"}, None),
}


@pytest.mark.parametrize(("case", "wanted"), REQUIRED.values(), ids=REQUIRED)
def test_what_the_templates_fail_without(upgrade: Upgrade, case: dict[str, Any], wanted: bool | None) -> None:
    new, mine = case.pop("new"), case.pop("mine", "")
    found = upgrade("", new, "", mine, required=["a"], **case)
    assert [each.required for each in found] == ([] if wanted is None else [wanted])


RENAMES: dict[str, tuple[tuple[str, str], dict[str, Any], str]] = {
    "same word and default": (("tag: 1.2.3", "image: {tag: 1.2.3}"), {}, "image.tag"),
    "same comment": (
        ("ttl: 5", "cache: {seconds: 9}"),
        {"old_words": {"ttl": "how long"}, "new_words": {"cache.seconds": "how long"}},
        "cache.seconds",
    ),
    "another default": (("tag: 1.2.3", "image: {tag: 1.2.4}"), {}, ""),
    "another type": (("tag: 1", "image: {tag: x}"), {}, ""),
    "two would fit": (("tag: 1", "a: {tag: 1}\nb: {tag: 1}"), {}, ""),
    "one for two": (("a: {tag: 1}\nb: {tag: 1}", "c: {tag: 1}"), {}, ""),
}


@pytest.mark.parametrize(("texts", "words", "wanted"), RENAMES.values(), ids=RENAMES)
@pytest.mark.parametrize("mine", ["", "tag: 7\nttl: 7\na: {tag: 7}"], ids=["followed", "set"])
def test_renames_are_proposed(
    upgrade: Upgrade, texts: tuple[str, str], words: dict[str, Any], wanted: str, mine: str
) -> None:
    found = upgrade(*texts, "", mine, **words)
    gone = [each for each in found if each.kind.value in ("removed", "orphaned")]
    assert gone
    assert {".".join(each.moved or ()) for each in gone} == {wanted}
