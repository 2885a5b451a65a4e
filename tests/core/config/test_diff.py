"""What changed between two documents, and between two texts."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.config.texts import texts

from cantata.core.config import ConfigDocument, diff_documents, diff_texts, parse_config
from cantata.core.config.lines import MAX_COMPARED, merge_texts
from cantata.core.model.charts import YamlDocument

Parse = Callable[[str], ConfigDocument]


@pytest.fixture(scope="session")
def parse(compose: Callable[[str], YamlDocument]) -> Parse:
    return lambda text: parse_config(text, compose(text), name="shop")


CASES = {
    "nothing": ("a: 1\n", "# c\n'a':   1\n", [], 1),
    "changed": ("a: 1\nb: x\n", "b: x\na: 2\n", ["changed a: integer 1 -> integer 2"], 1),
    "type": ("a: 1\n", "a: '1'\n", ["changed! a: integer 1 -> string '1'"], 0),
    "number": ("a: 1\n", "a: 1.0\n", ["changed! a: integer 1 -> number 1.0"], 0),
    "looks of a number": ("a: 1.1\n", "a: 1.10\n", ["changed a: number 1.1 -> number 1.1"], 0),
    "looks of null": ("a: ~\n", "a:\n", [], 1),
    "list": ("a: [1, {b: 2}]\n", "a:\n- 1\n", ["changed a: list [1, {'b': 2}] -> list [1]"], 0),
    "true is not 1": ("a: [1]\n", "a: [true]\n", ["changed a: list [1] -> list [True]"], 0),
    "gone and new": (
        "a: 1\nb: 2\nc: 3\n",
        "c: 3\nd: 4\na: 1\n",
        ["added d: -> integer 4", "removed b: integer 2 ->"],
        2,
    ),
    "all gone": ("a: 1\nb: {c: 2}\n", "", ["removed a: integer 1 ->", "removed b.c: integer 2 ->"], 0),
    "map for a value": ("a: 1\n", "a: {b: 1}\n", ["removed a: integer 1 ->", "added a.b: -> integer 1"], 0),
    "empty map": ("a: {}\n", "a: {b: 1}\n", ["removed a: map {} ->", "added a.b: -> integer 1"], 0),
    "secret kept": ("a: !secret ref:1\n", "a: !secret ref:1\n", [], 1),
    "new secret": ("a: !secret ref:1\n", "a: !secret x\n", ["changed a: string '****' -> string '****'"], 0),
    "secret replaced": ("a: x\n", "a: !secret x\n", ["changed! a: string 'x' -> string '****'"], 0),
    "secret in a list": (
        "a: [1, !secret ref:1]\n",
        "a: [1, !secret ref:2]\n",
        ["changed a: list [1, '****'] -> list [1, '****']"],
        0,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "changes", "unchanged"), CASES.values(), ids=CASES)
def test_changes_by_key(old: str, new: str, changes: list[str], unchanged: int, parse: Parse) -> None:
    found = diff_documents(parse(old), parse(new))
    shown = [
        f"{each.kind}{'!' * each.type_changed} {each.key}:"
        + (f" {each.old.type} {each.old.value!r}" if each.old else "")
        + " ->"
        + (f" {each.new.type} {each.new.value!r}" if each.new else "")
        for each in found.changes
    ]
    assert (shown, found.unchanged) == (changes, unchanged)


def test_places_on_both_sides(parse: Parse) -> None:
    (change,) = diff_documents(parse("# x\na:\n  b: 1\n"), parse("a: {b: 2}\n")).changes
    assert change.old is not None
    assert change.new is not None
    assert (change.old.line, change.old.column, change.new.line, change.new.column) == (3, 6, 1, 8)


def test_who_can_open_secrets_knows_that_they_are_equal(parse: Parse) -> None:
    old, new = (
        parse("a: !secret ref:1\nb: [!secret ref:2]\n"),
        parse("a: !secret ref:3\nb: [!secret ref:4]\n"),
    )
    assert len(diff_documents(old, new).changes) == 2
    assert diff_documents(old, new, same_secret=lambda one, other: one.ref != other.ref).unchanged == 2


@settings(max_examples=100)
@given(one=texts(), other=texts())
def test_a_diff_leads_from_one_to_the_other(
    one: tuple[str, object], other: tuple[str, object], parse: Parse
) -> None:
    old, new = parse(one[0]), parse(other[0])
    assert diff_documents(old, old).changes == ()
    there, back = diff_documents(old, new), diff_documents(new, old)
    assert there.unchanged == back.unchanged
    assert {each.path: (each.new, each.old) for each in there.changes} == {
        each.path: (each.old, each.new) for each in back.changes
    }
    state = {leaf.path: leaf.value for leaf in old.leaves}
    for change in there.changes:
        if change.new is None:
            del state[change.path]
        else:
            state[change.path] = change.new.value
    assert state == {leaf.path: leaf.value for leaf in new.leaves}


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "dd\n"]), max_size=14)


@settings(max_examples=60)
@given(old=LINES, new=LINES, end=st.sampled_from(["", "x"]))
def test_patch_takes_the_textual_diff(
    old: list[str], new: list[str], end: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before, after = "".join(old), "".join(new) + end
    diff = diff_texts(before, after, old_label="a@1", new_label="a@2")
    assert bool(diff) == (before != after)
    if not diff:
        return
    program = shutil.which("patch")
    if program is None:
        pytest.skip("there is no `patch`")
    file: Path = tmp_path_factory.mktemp("patch") / "file"
    file.write_text(before)
    done = subprocess.run(
        [program, "-s", "-E", str(file)], input=diff, text=True, capture_output=True, check=False
    )
    assert (done.returncode, file.read_text() if file.exists() else "") == (0, after), done.stdout + diff


def test_a_diff_reads_as_people_know_it() -> None:
    old = "".join(f"{number}\n" for number in range(1, 20))
    new = old.replace("\n10\n", "\nten\n")
    assert diff_texts(old, new, old_label="a@1", new_label="a@2") == (
        "--- a@1\n+++ a@2\n@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n"
    )
    assert diff_texts("a", "b\n", old_label="x", new_label="y").endswith(
        "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"
    )


def test_large_texts_are_not_compared_line_by_line() -> None:
    lines = [f"{number}\n" for number in range(20 * MAX_COMPARED)]
    mixed = lines[:10] + random.Random(1).sample(lines[10:-10], len(lines) - 20) + lines[-10:]
    diff = diff_texts("".join(lines), "".join(mixed), old_label="x", new_label="y")
    assert diff.count("@@") == 2
    assert merge_texts("".join(lines), "".join(mixed), "".join([*lines, "new\n"])) == "".join(
        [*mixed, "new\n"]
    )


MERGES = {
    "both": ("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n"),
    "equal": ("a\nb\n", "a\nB\n", "a\nB\n", "a\nB\n"),
    "theirs where they meet": ("a\nb\nc\n", "a\nT\nc\n", "a\nM\nc\n", "a\nT\nc\n"),
    "new lines": ("a\nb\n", "t\na\nb\n", "a\nb\nm\n", "t\na\nb\nm\n"),
    "gone and new": ("a\nb\nc\n", "b\nc\n", "a\nb\nc\nd", "b\nc\nd"),
    "from nothing": ("", "a\n", "", "a\n"),
}


@pytest.mark.parametrize(("base", "theirs", "mine", "merged"), MERGES.values(), ids=MERGES)
def test_lines_are_merged(base: str, theirs: str, mine: str, merged: str) -> None:
    assert merge_texts(base, theirs, mine) == merged


@settings(max_examples=100)
@given(base=LINES, changed=LINES)
def test_one_side_alone_is_taken_as_it_is(base: list[str], changed: list[str]) -> None:
    old, new = "".join(base), "".join(changed)
    assert merge_texts(old, new, old) == merge_texts(old, old, new) == merge_texts(old, new, new) == new
