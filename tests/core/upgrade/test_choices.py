"""What is chosen for each key, and which texts change for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.config import RemoveKey, SetKey, edit_text, parse_config, verify_edit
from cantata.core.model.charts import YamlDocument
from cantata.core.upgrade import (
    Choice,
    Choices,
    Edits,
    Target,
    UpgradeChoiceInvalid,
    UpgradeKind,
    ValueUpgrade,
    choose,
    plan_edits,
)
from cantata.core.values import Layer, LayerKind, effective

Upgrade = Callable[..., tuple[ValueUpgrade, ...]]
Compose = Callable[[str], YamlDocument]

OLD = "a: 1\nb: {c: 1, d: 1}\ne: 1\nf: 1\n"
NEW = "a: 2\nb: {c: 2, d: 2}\ne: 2\n"
MINE = ("", "a: 5\nb: {c: 5, d: 1}\nf: 9", "")


def chosen(upgrade: Upgrade, *given: str, **choices: Any) -> dict[str, str]:
    found = choose(upgrade(OLD, NEW, *given or MINE), Choices(**choices))
    return {each.key: each.choice.value if each.choice else "" for each in found}


ALL = {"a": "", "b.c": "", "b.d": "", "f": "", "e": ""}
CHOICES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "none": ({}, {}),
    "one": ({"take": ("a",)}, {"a": "take"}),
    "all below": ({"keep": ("b",)}, {"b.c": "keep", "b.d": "keep"}),
    "the nearest": ({"keep": ("b",), "take": ("b.d",)}, {"b.c": "keep", "b.d": "take"}),
    "everything of mine": ({"keep": ("*",)}, dict.fromkeys(("a", "b.c", "b.d", "f"), "keep")),
    "all but one": ({"take": ("*",), "keep": ("a",)}, {"a": "keep", "b.c": "take", "b.d": "take"}),
    "another": ({"values": {"a": "7"}}, {"a": "set"}),
}


@pytest.mark.parametrize(("choices", "wanted"), CHOICES.values(), ids=CHOICES)
def test_choices(upgrade: Upgrade, choices: dict[str, Any], wanted: dict[str, str]) -> None:
    assert chosen(upgrade, **choices) == ALL | wanted


def test_a_choice_of_nothing_is_refused(upgrade: Upgrade) -> None:
    with pytest.raises(UpgradeChoiceInvalid, match=r"says nothing of b\.cc") as raised:
        chosen(upgrade, take=("b.cc",))
    assert raised.value.hint == "Did you mean b.c?"
    with pytest.raises(UpgradeChoiceInvalid, match="f is written in config") as raised:
        chosen(upgrade, take=("f",))
    assert (raised.value.place.line, "--to-config" in raised.value.hint) == (3, True)
    with pytest.raises(UpgradeChoiceInvalid, match="f is written in parent"):
        edits(upgrade, "f: 1", "f: 2", take=("f",), target="config")
    with pytest.raises(UpgradeChoiceInvalid, match="both"):
        chosen(upgrade, take=("a",), keep=("a",))


def edits(
    upgrade: Upgrade, *given: str, target: str = "overrides", services: Any = None, **choices: Any
) -> Edits:
    wish = Choices(**choices)
    found = choose(upgrade(OLD, NEW, *given, services=services), wish, Target(target))
    return plan_edits(found, wish, Target(target), {"x.y": ("x.y",)})


A = ("a",)
EDITS: dict[str, tuple[dict[str, Any], tuple[str, ...], Edits]] = {
    "an override goes": ({"take": A}, ("", "", "a: 5"), Edits(overrides=(RemoveKey(A),))),
    "a value of the config is overridden": ({"take": A}, ("", "a: 5"), Edits(overrides=(SetKey(A, "2"),))),
    "or goes": ({"take": A, "target": "config"}, ("", "a: 5"), Edits(config=(RemoveKey(A),))),
    "that of a parent is written over": (
        {"take": A, "target": "config"}, ("a: 5", ""), Edits(config=(SetKey(A, "2"),)),
    ),
    "the config's and the override": (
        {"take": A, "target": "config"}, ("", "a: 4", "a: 5"),
        Edits(overrides=(RemoveKey(A),), config=(RemoveKey(A),)),
    ),
    "what is gone goes from an override": (
        {"take": ("f",)}, ("", "", "f: 5"), Edits(overrides=(RemoveKey(("f",)),)),
    ),
    "what is gone goes from the config": (
        {"take": ("f",), "target": "config"}, ("", "f: 5"), Edits(config=(RemoveKey(("f",)),)),
    ),
    "all stays where it cannot go": ({"take": ("*",)}, ("", "f: 5"), Edits()),
    "kept": ({"keep": A}, ("", "a: 5"), Edits()),
    "an old default is kept": ({"keep": ("e",)}, (), Edits(overrides=(SetKey(("e",), "1"),))),
    "in the config": ({"keep": ("e",), "target": "config"}, (), Edits(config=(SetKey(("e",), "1"),))),
    "another value": ({"values": {"a": "7"}}, ("", "a: 5"), Edits(overrides=(SetKey(A, "7"),))),
    "no override stays over it": (
        {"values": {"a": "7"}, "target": "config"}, ("", "", "a: 5"),
        Edits(overrides=(RemoveKey(A),), config=(SetKey(A, "7"),)),
    ),
    "a value of nothing else": ({"values": {"n.m": "7"}}, (), Edits(overrides=(SetKey(("n", "m"), "7"),))),
    "of a key with a dot": ({"values": {"x.y": "7"}}, (), Edits(overrides=(SetKey(("x.y",), "7"),))),
    "of a service": (
        {"take": A, "services": {"web": "a: 5"}}, (), Edits(services={"web": (RemoveKey(A),)}),
    ),
    "another one of a service": (
        {"values": {"a": "7"}, "services": {"web": "a: 5"}}, ("", "a: 4"),
        Edits(overrides=(SetKey(A, "7"),), services={"web": (SetKey(A, "7"),)}),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("choices", "mine", "wanted"), EDITS.values(), ids=EDITS)
def test_edits(upgrade: Upgrade, choices: dict[str, Any], mine: tuple[str, ...], wanted: Edits) -> None:
    assert edits(upgrade, *mine, **choices) == wanted


def test_where_the_new_default_is_a_value_above_it_takes_its_place(upgrade: Upgrade) -> None:
    wish = Choices(take=("*",))
    found = choose(upgrade("a: {b: 1, c: 1}", "a: 2", "", "a: {b: 3}", "a: {c: 4}"), wish)
    assert plan_edits(found, wish, Target.OVERRIDES, {}).overrides == (SetKey(("a",), "2"),)


SCALARS = st.sampled_from(["1", "2", '"x"', "true", "[1]", "[2]", "~"])
KEYS = st.sampled_from(["a", "b", "c"])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.dictionaries(KEYS, inner, max_size=3).map(
        lambda each: "{" + ", ".join(f"{key}: {value}" for key, value in each.items()) + "}"
    ),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(KEYS, TREES, max_size=3).map(
    lambda each: "".join(f"{key}: {value}\n" for key, value in each.items())
)


def _effective(compose: Compose, *texts: str) -> dict[str, Any]:
    kinds = (LayerKind.CHART, LayerKind.APPLICATION)
    layers = [Layer(kind, kind, compose(text)) for kind, text in zip(kinds, texts, strict=False)]
    return {leaf.key: leaf.value for leaf in effective(layers).leaves}


@settings(max_examples=100)
@given(old=DOCUMENTS, new=DOCUMENTS, mine=DOCUMENTS)
def test_what_is_not_told_has_not_changed(
    upgrade: Upgrade, compose: Compose, old: str, new: str, mine: str
) -> None:
    """Every value that the application has otherwise with the new version is told, at its key, above it or
    below it; and every conflict is about a value of its own that differs from both defaults."""
    found = upgrade(old, new, "", "", mine)
    told = [each.key for each in found]
    before, after = _effective(compose, old, mine), _effective(compose, new, mine)
    for key in {*before, *after}:
        if before.get(key) == after.get(key) or {} in (before.get(key), after.get(key)):
            continue
        assert any(
            key == each or key.startswith(f"{each}.") or each.startswith(f"{key}.") for each in told
        ), (
            key,
            told,
        )
    for each in found:
        if each.kind is UpgradeKind.CONFLICT:
            assert each.mine is not None
            assert each.new is not None
            assert each.mine.value != each.new.value or each.type_changed or type(each.mine.value) is bool
    assert not [each for each in upgrade(old, old, "", "", mine) if each.kind is not UpgradeKind.ORPHANED]


def _edited(compose: Compose, text: str, changes: tuple[Any, ...]) -> str:
    if not changes:
        return text
    edited = edit_text(text, changes, name="own")
    before, after = (parse_config(each, compose(each), name="own") for each in (text, edited))
    verify_edit(before, after, changes, name="own")
    return edited


@settings(max_examples=100)
@given(old=DOCUMENTS, new=DOCUMENTS, mine=DOCUMENTS, target=st.sampled_from(list(Target)))
def test_what_is_chosen_is_what_the_application_has(
    upgrade: Upgrade, compose: Compose, old: str, new: str, mine: str, target: Target
) -> None:
    """Taken, each key has the new default; kept, nothing changes. `mine` is the overrides or the config."""
    given = ("", "", mine) if target is Target.OVERRIDES else ("", mine, "")

    def values(texts: tuple[str, ...]) -> dict[str, Any]:
        layers = [
            Layer(kind, kind, compose(text)) for kind, text in zip(LayerKind, (new, *texts), strict=False)
        ]
        return {leaf.key: leaf.value for leaf in effective(layers).leaves if leaf.value is not None}

    kept = choose(upgrade(old, new, *given), Choices(keep=("*",)), target)
    assert plan_edits(kept, Choices(keep=("*",)), target, {}) == Edits()

    wish = Choices(take=("*",))
    found = choose(upgrade(old, new, *given), wish, target)
    edits_ = plan_edits(found, wish, target, {})
    after = (
        *given[:1],
        _edited(compose, given[1], edits_.config),
        _edited(compose, given[2], edits_.overrides),
    )
    has = values(after)
    for each in found:
        if each.choice is Choice.TAKE and each.new is not None and each.new.value is not None:
            taken = each.new
            below = {key: value for key, value in has.items() if f"{key}.".startswith(f"{taken.key}.")}
            wanted = values(("", "", ""))
            assert below == {k: v for k, v in wanted.items() if f"{k}.".startswith(f"{taken.key}.")}, (
                taken.key
            )
