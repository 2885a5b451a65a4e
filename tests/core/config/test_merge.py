"""Two edits of one version become one text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.core.config.merging import merged

from cantata.core.config import ConfigDocument, ConfigEditImpossible, parse_config
from cantata.core.config.merge import merge_impossible, plan_merge
from cantata.core.model.charts import YamlDocument

Parse = Callable[[str], ConfigDocument]


@pytest.fixture(scope="session")
def parse(compose: Callable[[str], YamlDocument]) -> Parse:
    return lambda text: parse_config(text, compose(text), name="shop")


CLEAN = {
    "lines apart": (
        "a: 1\nb: 2\nc: 3\n",
        "a: 9 # theirs\nb: 2\nc: 3\n",
        "a: 1\nb: 2\n# mine\nc: 8\n",
        "a: 9 # theirs\nb: 2\n# mine\nc: 8\n",
        True,
    ),
    "lines that meet": ("a: 1\nb: 2\n", "a: 9\nb: 2\n", "a: 1\nb: 8 # m\n", "a: 9\nb: 8\n", False),
    "one line": ("{a: 1, b: 2}\n", "{a: 9, b: 2}\n", "{a: 1, b: 8, c: 7}\n", "{a: 9, b: 8, c: 7}\n", False),
    "both alike": ("a: 1\nb: 2\n", "a: 9\nb: 2\n", "a: 9\nb: 8\n", "a: 9\nb: 8\n", False),
    "both new": ("a: 1\n", "a: 1\nb: 2\n", "a: 1\nc:\n  - 3 # in\n  - x: |\n      t\n",
                 "a: 1\nb: 2\nc:\n  - 3 # in\n  - x: |\n      t\n", False),
    "one gone": ("a: 1\nb: 2\n", "b: 2\n", "a: 1\nb: 3\n", "b: 3\n", False),
    "mine gone": ("a: 1\nb: 2\n", "a: 5\nb: 2\n", "a: 1\n", "a: 5\n", False),
    "my map gone": ("a:\n  b: 1\n  c: 2\nd: 1\n", "a:\n  b: 1\n  c: 2\nd: 3\n", "d: 1\n", "d: 3\n", False),
    "half each": ("a:\n  b: 1\n  c: 2\n", "a:\n  b: 1\n", "a:\n  c: 2\n", "a: {}\n", False),
    "into an empty map": ("a: {}\n", "a: {x: 1}\n", "a: {z: 2}\n", "a: {x: 1, z: 2}\n", False),
    "value to map": ("a: 1\nb: 1\n", "a: 1\nb: 2\n", "a:\n  c: 1\n  d: 2\nb: 1\n",
                     "a:\n  c: 1\n  d: 2\nb: 2\n", False),
    "map to value": ("a: {c: 1}\nb: 1\n", "a: {c: 1}\nb: 2\n", "a: 3\nb: 1\n", "a: 3\nb: 2\n", False),
    "a map for both": ("a: x\n", "a: {}\n", "a: {b: 1}\n", "a:\n  b: 1\n", False),
    "a map for both, mine empty": ("a: x\n", "a: {b: 1}\n", "a: {}\n", "a: {b: 1}\n", True),
    "an empty map goes": ("a: {}\n", "b: 1\na:   {}\n", "", "b: 1\n", False),
    "new secret": ("a: 1\nb: !secret ref:1\n", "a: 2\nb: !secret ref:1\n", "a: 1\nb: !secret new\n",
                   "a: 2\nb: !secret new\n", False),
    "my alias": ("a: &x [1]\nb: 2\n", "a: &x [1]\nb: 3\n", "a: &x [1]\nb: 2\nc: *x\n",
                 "a: &x [1]\nb: 3\nc: [1]\n", False),
    "looks alone": ("a: 1\n", "# theirs\na: 1\n", "a:   1\n", "# theirs\na: 1\n", True),
}  # fmt: skip


@pytest.mark.parametrize(("base", "theirs", "mine", "text", "by_lines"), CLEAN.values(), ids=CLEAN)
def test_both_edits_are_in_the_text(
    base: str, theirs: str, mine: str, text: str, by_lines: bool, parse: Parse
) -> None:
    found = merged(base, theirs, mine, parse, Exception)
    assert (found.text, found.plan.conflicts, found.by_lines) == (text, (), by_lines)


CONFLICTS = {
    "changed": ("a: 1\nb: 1\n", "a: 2\nb: 1\n", "a: 3\nb: 4\n", "a: 2\nb: 4\n", [("a", 1, 2, 3)]),
    "new": ("", "a: 2\n", "a: 3\n", "a: 2\n", [("a", None, 2, 3)]),
    "gone for them": ("a: 1\n", "b: 1\n", "a: 3\n", "b: 1\n", [("a", 1, None, 3)]),
    "gone for me": ("a: 1\n", "a: 2\n", "b: 1\n", "a: 2\nb: 1\n", [("a", 1, 2, None)]),
    "list": ("a: [1]\n", "a: [1, 2]\n", "a: [1, 3]\n", "a: [1, 2]\n", [("a", [1], [1, 2], [1, 3])]),
    "type": ("a: 1\n", "a: '1'\n", "a: 1.0\n", "a: '1'\n", [("a", 1, "1", 1.0)]),
    "no room below": ("", "a: 1\n", "a: {b: 2}\n", "a: 1\n", [("a.b", None, 1, 2)]),
    "no room above": ("", "a: {b: 2}\n", "a: 1\n", "a: {b: 2}\n", [("a", None, 2, 1)]),
    "my value for a map that grew": (
        "a: {b: 1, c: 1}\n", "a: {b: 1, c: 1, d: 1}\n", "a: 2\n", "a: {b: 1, c: 1, d: 1}\n",
        [("a.b", 1, 1, None), ("a.c", 1, 1, None), ("a", None, 1, 2)],
    ),
    "one key written in two ways": ("", "a.b: 1\n", "a: {b: 2}\n", "a.b: 1\n", [("a.b", None, 1, 2)]),
    "secrets": (
        "a: !secret ref:1\n", "a: !secret ref:2\n", "a: !secret new\n", "a: !secret ref:2\n",
        [("a", "****", "****", "****")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("base", "theirs", "mine", "text", "conflicts"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_both_changed_stays_theirs(
    base: str, theirs: str, mine: str, text: str, conflicts: list[tuple[object, ...]], parse: Parse
) -> None:
    found = merged(base, theirs, mine, parse, Exception)
    shown = [
        (each.key, *(state and state.value for state in (each.base, each.theirs, each.mine)))
        for each in found.plan.conflicts
    ]
    assert (found.text, shown) == (text, conflicts)


def test_equal_secrets_are_no_conflict(parse: Parse) -> None:
    texts = ("a: !secret ref:1\n", "a: !secret ref:2\n", "a: !secret ref:3\n")
    assert len(merged(*texts, parse, Exception).plan.conflicts) == 1
    equal = {"2", "3"}
    found = merged(*texts, parse, Exception, same=lambda one, other: {one.ref, other.ref} == equal)
    assert (found.text, found.plan.conflicts) == ("a: !secret ref:2\n", ())


def test_no_secret_in_a_plan(parse: Parse) -> None:
    base, theirs, mine = (
        "a: 1\nc: 1\n",
        "a: 2\nc: 1\n",
        "a: !secret hidden\nb: [!secret hidden]\nc: !secret hidden\n",
    )
    assert "hidden" not in repr(plan_merge(parse(base), parse(theirs), parse(mine), mine))


def test_a_shared_value_is_not_merged(parse: Parse) -> None:
    base, theirs = "a: &x 1\nb: *x\nc: 1\n", "a: &x 1\nb: *x\nc: 2\n"
    with pytest.raises(ConfigEditImpossible, match="used elsewhere"):
        merged(base, theirs, "a: &x 3\nb: 1\nc: 1\n", parse, Exception)
    assert "cannot be merged" in str(merge_impossible("shop"))
