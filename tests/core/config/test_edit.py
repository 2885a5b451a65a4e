"""Single keys change, every other byte stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cantata.core.config import (
    Change,
    ConfigChangeInvalid,
    ConfigDocument,
    ConfigEditImpossible,
    RemoveKey,
    SecretText,
    SetKey,
    SetSecret,
    edit_text,
    find_path,
    parse_config,
    verify_edit,
)
from cantata.core.config.quoting import yaml_scalar
from cantata.core.model.charts import YamlDocument

Compose = Callable[[str], YamlDocument]


def put(key: str, value: str) -> Change:
    return SetKey(tuple(key.split("/")), value)


def take(key: str) -> Change:
    return RemoveKey(tuple(key.split("/")))


def hide(key: str, value: str) -> Change:
    return SetSecret(tuple(key.split("/")), SecretText(value))


CASES: dict[str, tuple[str, list[Change], str]] = {
    # --- scalars
    "plain": ("# top\na: 1 # one\nb: 2\n", [put("a", "3")], "# top\na: 3 # one\nb: 2\n"),
    "quoted": ("a:   'it''s'  # one\n", [put("a", '"x # y"')], 'a:   "x # y"  # one\n'),
    "double": ('a: "x\\"# y" # one\nb: 2', [put("a", "z")], "a: z # one\nb: 2"),
    "empty": ("a:\nb: # b\n", [put("a", "1"), put("b", "2")], "a: 1\nb: 2 # b\n"),
    "in several lines": ("a: one\n  two # c\nb: 1\n", [put("a", "x")], "a: x # c\nb: 1\n"),
    "on the next line": ("a:\n  one # c\nb: 1\n", [put("a", "x")], "a:\n  x # c\nb: 1\n"),
    "several lines go in": ("m:\n  a: 1\n", [put("m/a", '"x\n\n  y"')], 'm:\n  a: "x\n\n    y"\n'),
    "block": (
        "a: | # key\n  x\n\n   y\n\n# end\nb: 1\n",
        [put("a", "new")],
        "a: new # key\n\n# end\nb: 1\n",
    ),
    "block at the end": ("b: 1\na: |-\n  x\n  y", [put("a", "new")], "b: 1\na: new"),
    "block goes in": (
        "m:\n  a: 1 # c\n  b: 2\n",
        [put("m/a", "|-\n x\n\n   y")],
        "m:\n  a: |- # c\n   x\n\n     y\n  b: 2\n",
    ),
    "block for block": ("a: |\n  x\nb: 1\n", [put("a", ">2-\n   z\n")], "a: >2-\n   z\nb: 1\n"),
    "block for a value on the next line": (
        "a:\n  x # c\nb: 1\n",
        [put("a", "|\n  y\n")],
        "a:\n  | # c\n  y\nb: 1\n",
    ),
    "dotted": ("a.b: 1\na:\n  c.d: 2\n", [put("a.b", "3"), put("a/c.d", "4")], "a.b: 3\na:\n  c.d: 4\n"),
    "tag and unused anchor go": (
        "a: !!str 5 # c\nb: &x 1\n",
        [put("a", "6"), put("b", "2")],
        "a: 6 # c\nb: 2\n",
    ),
    "alias goes": ("a: &x 1\nb: *x # c\n", [put("b", "2")], "a: &x 1\nb: 2 # c\n"),
    "windows": (
        "a: 1\r\nb:\r\n  c: 1\r\n",
        [put("b/d", "|\n  x\n")],
        "a: 1\r\nb:\r\n  c: 1\r\n  d: |\r\n    x\r\n",
    ),
    "mark": ("\ufeffa: 1\n", [put("a", "2"), put("b", "3")], "\ufeffa: 2\nb: 3\n"),
    "secret": ("a: 1 # c\n", [hide("a", 'x"y\n#')], 'a: !secret "x\\"y\\n#" # c\n'),
    "secret again": ("a: !secret ref:1 # c\n", [hide("a", "yes")], 'a: !secret "yes" # c\n'),
    "secret to plain": ("a: !secret ref:1 # c\n", [put("a", "yes")], "a: yes # c\n"),
    # --- maps and lists
    "map for a value": (
        "m:\n    a: 1 # c\n    b: 2\n",
        [put("m/a", "x: 1\n# in\ny:\n- 2\n")],
        "m:\n    a: # c\n        x: 1\n        # in\n        y:\n        - 2\n    b: 2\n",
    ),
    "value for a map": (
        "a: # c\n  # in\n  x: 1\n  y: 2 # y\n  # below\nb: 1\n",
        [put("a", "3")],
        "a: 3 # c\n  # below\nb: 1\n",
    ),
    "brackets for a list": (
        "a:\n- 1\n- x: 2\n  y: |\n    t\n\nb: 1\n",
        [put("a", "[1]")],
        "a: [1]\n\nb: 1\n",
    ),
    "list for a list": ("a:\n- 1\nb:\n- 2\n", [put("b", "- 3\n- 4\n")], "a:\n- 1\nb:\n- 3\n- 4\n"),
    "list for brackets": ("a: [1,\n  2] # c\nb:\n  - 1\n", [put("a", "- 3")], "a: # c\n  - 3\nb:\n  - 1\n"),
    "map for a value on the next line": ("a:\n  x\nb: 1\n", [put("a", "y: 1")], "a:\n  y: 1\nb: 1\n"),
    "map under a tag": ("a: !!map # c\n  x: 1\nb: 1\n", [put("a", "2")], "a: 2 # c\nb: 1\n"),
    # --- items
    "item": ("a:\n  - 1\n  - 2 # c\n", [put("a/1", "3")], "a:\n  - 1\n  - 3 # c\n"),
    "item in an item": ("a:\n- b: 1\n  c: 2\n", [put("a/0/c", "3")], "a:\n- b: 1\n  c: 3\n"),
    "map for an item": (
        "a:\n- 1\n- 2 # c\n",
        [put("a/0", "x: 1\ny: 2"), put("a/1", "x: 1")],
        "a:\n- x: 1\n  y: 2\n- # c\n  x: 1\n",
    ),
    "value for an item that is a map": (
        "a:\n- x: 1\n  y: 2 # c\n- 3\n",
        [put("a/0", "1")],
        "a:\n- 1 # c\n- 3\n",
    ),
    "one more item": (
        "a:\n- 1 # c\n# d\nb: 1\n",
        [put("a/1", "2"), put("a/2", "x: 1\ny: 2")],
        "a:\n- 1 # c\n- 2\n- x: 1\n  y: 2\n# d\nb: 1\n",
    ),
    "empty item": ("a:\n-\n- # c\n", [put("a/0", "1"), put("a/1", "2")], "a:\n- 1\n- 2 # c\n"),
    "key in an item": ("a:\n  - x: 1\n", [put("a/0/z/z", "2")], "a:\n  - x: 1\n    z:\n      z: 2\n"),
    "items in items": (
        "- - 1\n  - 2\n".replace("- -", "a:\n- -", 1),
        [put("a/0/0", "3"), put("a/0/2", "4")],
        "a:\n- - 3\n  - 2\n  - 4\n",
    ),
    # --- new keys
    "new": ("a: 1 # c\n\n# end\n", [put("b", "2")], "a: 1 # c\nb: 2\n\n# end\n"),
    "new without a last line break": ("a: 1", [put("b", "2")], "a: 1\nb: 2"),
    "new below": (
        "db:\n    host: x\n    # port\nb: 1\n",
        [put("db/port", "5432"), put("db/pool/max", "3"), put("db/pool/min", "1")],
        "db:\n    host: x\n    port: 5432\n    pool:\n        max: 3\n        min: 1\n    # port\nb: 1\n",
    ),
    "new behind a block": (
        "m:\n  a: |\n    x\n\nb: 1\n",
        [put("m/c", "1")],
        "m:\n  a: |\n    x\n  c: 1\n\nb: 1\n",
    ),
    "new behind a block that keeps": (
        "m:\n  a: |+\n    x\n\nb: 1\n",
        [put("m/c", "1")],
        "m:\n  a: |+\n    x\n\n  c: 1\nb: 1\n",
    ),
    "new in an empty key": ("a: # c\nb: 1\n", [put("a/x", "1")], "a: # c\n  x: 1\nb: 1\n"),
    "new in an empty map": ("a: {} # c\nb: 1\n", [put("a/x/z", "1")], "a: # c\n  x:\n    z: 1\nb: 1\n"),
    "new in an empty root": ("# c\n{}\n# d\n", [put("a/b", "1")], "# c\na:\n  b: 1\n# d\n"),
    "new in an empty root with a comment": ("{} # c\n", [put("a", "1")], " # c\na: 1\n"),
    "new in nothing": ("", [put("a/b", "1"), put("c", "2")], "a:\n  b: 1\nc: 2\n"),
    "new below comments": ("# c\n\n# d\n", [put("a", "1")], "# c\n\n# d\na: 1\n"),
    "new below a comment alone": ("# c", [put("a", "1")], "# c\na: 1"),
    "new below a marker": ("--- # x\n", [put("a", "1")], "--- # x\na: 1\n"),
    "new before an end": ("# x\n---\n...\n", [put("a", "1")], "# x\n---\na: 1\n...\n"),
    "new key in quotes": ("a: 1\n", [put("yes", "1"), put("8080", "2")], 'a: 1\n"yes": 1\n"8080": 2\n'),
    "new and replaced together": (
        "m:\n  a: 1\n",
        [put("m/a", "x: 1"), put("m/b", "2"), put("c", "3")],
        "m:\n  a:\n    x: 1\n  b: 2\nc: 3\n",
    ),
    # --- removed keys
    "removed": ("# a\na: 1 # c\n# b\nb: 2\n", [take("a")], "# a\n# b\nb: 2\n"),
    "removed first two": ("a: 1\n# b\nb: 2\nc: 3\nd: 4\n", [take("b"), take("a")], "# b\nc: 3\nd: 4\n"),
    "removed all but the last": ("a: 1\nb:\n  x: 2\nc: 3\nd: 4", [take("a"), take("b"), take("c")], "d: 4"),
    "removed at the end": ("a: 1\nb: 2", [take("b")], "a: 1"),
    "removed with all in it": (
        "a:\n  # in\n  b:\n  - |\n    x\n  # below\nc: 1\n",
        [take("a")],
        "  # below\nc: 1\n",
    ),
    "removed first of an item": ("a:\n- x: 1 # c\n  y: 2\n", [take("a/0/x")], "a:\n- y: 2\n"),
    "removed first of an item, comment below": (
        "a:\n- x: 1\n  # y\n  y: 2\n",
        [take("a/0/x")],
        "a:\n- \n  # y\n  y: 2\n",
    ),
    "removed first two of an item": (
        "a:\n- x: 1\n  y: 2\n  z: 3\n",
        [take("a/0/x"), take("a/0/y")],
        "a:\n- z: 3\n",
    ),
    "removed last": ("a: # c\n  # in\n  b: 1 # d\nc: 2\n", [take("a/b")], "a: {} # c\n  # in\nc: 2\n"),
    "removed last of all": ("# c\na: 1 # d\n# e\n", [take("a")], "# c\n{}\n# e\n"),
    "removed last under an anchor": ("a: &x # c\n  b: 1\n", [take("a/b")], "a: &x {} # c\n"),
    "block below a comment": ("# c", [put("a", "|\n  t")], "# c\na: |\n  t\n"),
    "removed last of an item": ("a:\n- b: 1\n- c\n", [take("a/0/b")], "a:\n- {}\n- c\n"),
    "removed last item": ("a:\n- 1\nb: 1\n", [take("a/0")], "a: []\nb: 1\n"),
    "removed items": ("a:\n- 1\n- 2\n- 3\n", [take("a/0"), take("a/2")], "a:\n- 2\n"),
    "removed all, another new": (
        "a:\n  b: 1 # c\n  d: 2\n",
        [take("a/b"), take("a/d"), put("a/e", "3")],
        "a:\n  e: 3\n",
    ),
    "removed one, another new": ("a: 1\nb: 2\n", [take("b"), put("c", "3")], "a: 1\nc: 3\n"),
    # --- brackets
    "in brackets": (
        "a: {b: 1, c: [x, y]} # d\n",
        [put("a/b", "2"), put("a/c/0", "z")],
        "a: {b: 2, c: [z, y]} # d\n",
    ),
    "text that needs quotes in brackets": ("a: [1]\n", [put("a/0", "x, y")], 'a: ["x, y"]\n'),
    "lines in brackets": ("a: [1]\n", [put("a/0", "x:\n- 1\n- |\n  t\n")], 'a: [{x: [1, "t\\n"]}]\n'),
    "new in brackets": ("a: {b: 1}\n", [put("a/c/d", "2")], "a: {b: 1, c: {d: 2}}\n"),
    "new in brackets as in JSON": ('{"a": {"b": 1}}\n', [put("a/c", '"x"')], '{"a": {"b": 1, "c": "x"}}\n'),
    "new in lines in brackets": (
        "a: {\n  b: 1, # b\n  c: 2 # c\n}\n",
        [put("a/d", "3")],
        "a: {\n  b: 1, # b\n  c: 2, # c\n  d: 3\n}\n",
    ),
    "new behind a comma": ("a: [\n  1,\n]\n", [put("a/1", "2")], "a: [\n  1,\n  2,\n]\n"),
    "new in empty brackets": (
        "a: [{}]\nb: []\n",
        [put("a/0/c", "1"), put("b/0", "2")],
        "a: [{c: 1}]\nb: [2]\n",
    ),
    "empty in brackets": (
        "a: {b, c: , d: }\n",
        [put("a/b", "1"), put("a/c", "2"), put("a/d/e", "3")],
        "a: {b: 1, c: 2, d: {e: 3}}\n",
    ),
    "removed in brackets": ("a: { b: 1, c: 2, d: 3 }\n", [take("a/b"), take("a/d")], "a: { c: 2 }\n"),
    "removed tail in brackets": ("a: [1, 2, 3]\n", [take("a/1"), take("a/2")], "a: [1]\n"),
    "removed line in brackets": (
        "a: {\n  b: 1, # b\n  # c\n  c: 2, # c\n}\n",
        [take("a/b")],
        "a: {\n  # c\n  c: 2, # c\n}\n",
    ),
    "removed last in brackets": ("a: { b: 1 } # c\n", [take("a/b")], "a: {} # c\n"),
}


@pytest.mark.parametrize(("text", "changes", "edited"), CASES.values(), ids=CASES)
def test_an_edit(text: str, changes: list[Change], edited: str, compose: Compose) -> None:
    assert edit_text(text, changes, name="shop") == edited
    before = parse_config(text, compose(text), name="shop")
    verify_edit(before, parse_config(edited, compose(edited), name="shop"), changes, name="shop")


BAD: dict[str, tuple[str, list[Change], type[Exception], str]] = {
    "no YAML": ("a: 1\n", [put("a", "[1")], ConfigChangeInvalid, "no valid YAML"),
    "two documents": ("a: 1\n", [put("a", "1\n---\n2")], ConfigChangeInvalid, "more than one document"),
    "marker": ("a: 1\n", [put("a", "--- 1")], ConfigChangeInvalid, "a document with"),
    "empty": ("a: 1\n", [put("a", " # x\n")], ConfigChangeInvalid, "write null or ''"),
    "alias": ("a: &x 1\n", [put("b", "*x")], ConfigChangeInvalid, "anchors or aliases"),
    "anchor": ("a: 1\n", [put("b", "&x 1")], ConfigChangeInvalid, "anchors or aliases"),
    "tag on lines": ("a: 1\n", [put("b", "!!map\na: 1")], ConfigChangeInvalid, "in brackets"),
    "reference": ("a: 1\n", [hide("a", "ref:x")], ConfigChangeInvalid, "begins with `ref:`"),
    "no path": ("a: 1\n", [SetKey((), "1")], ConfigChangeInvalid, "has no key"),
    "deep": ("a: 1\n", [SetKey(("a",) * 65, "1")], ConfigChangeInvalid, "deeper than 64"),
    "twice": ("a: 1\n", [put("a", "1"), take("a")], ConfigChangeInvalid, "changed twice"),
    "one in another": ("a: 1\n", [put("a/b", "1"), put("a", "1")], ConfigChangeInvalid, "changed twice"),
    "another in one": ("a: 1\n", [put("a", "1"), put("a/b", "1")], ConfigChangeInvalid, "inside another"),
    "inside a value": ("a: 1\n", [put("a/b", "1")], ConfigChangeInvalid, "single value"),
    "not there": ("a: {b: 1}\n", [take("a/c")], ConfigChangeInvalid, "not there"),
    "nothing there": ("# c\n", [take("a")], ConfigChangeInvalid, "not there"),
    "no item": ("a: [1]\n", [put("a/2", "1")], ConfigChangeInvalid, "has 1 items"),
    "no index": ("a: [1]\n", [put("a/-1", "1")], ConfigChangeInvalid, "has 1 items"),
    "used anchor": ("a: &x 1\nb: *x\n", [put("a", "2")], ConfigEditImpossible, "used elsewhere"),
    "used anchor goes": ("a: [&x 1]\nb: *x\n", [take("a")], ConfigEditImpossible, "used elsewhere"),
    "below used anchor": ("a: &x {b: 1}\nc: *x\n", [put("a/b", "2")], ConfigEditImpossible, "the anchor &x"),
    "through an alias": ("a: &x {b: 1}\nc: *x\n", [put("c/b", "2")], ConfigEditImpossible, "alias \\*x"),
    "merged goes": ("a: &x {b: 1}\nc:\n  <<: *x\n", [take("c/b")], ConfigEditImpossible, "merge key"),
    "merged": ("a: &x {b: {c: 1}}\nc: {<<: *x}\n", [put("c/b/d", "1")], ConfigEditImpossible, "merge"),
    "question mark": ("? a\n: 1\n", [put("a", "2")], ConfigEditImpossible, "written with"),
    "pair": ("a: [b: 1]\n", [put("a/0/c", "1")], ConfigEditImpossible, "without brackets"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "changes", "error", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_done_is_said(
    text: str, changes: list[Change], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        edit_text(text, changes, name="shop")
    assert isinstance(caught.value, ConfigChangeInvalid | ConfigEditImpossible)
    assert caught.value.place.file == "config shop"
    assert caught.value.hint


def test_a_merged_key_may_be_set_over() -> None:
    text = "a: &x {b: 1}\nc:\n  <<: *x\n"
    assert edit_text(text, [put("c/b", "2")], name="shop") == f"{text}  b: 2\n"


def test_no_secret_in_an_error() -> None:
    with pytest.raises(ConfigChangeInvalid) as caught:
        edit_text("a: 1\n", [hide("a/b", "hidden")], name="shop")
    with pytest.raises(ConfigChangeInvalid) as also:
        edit_text("a: 1\n", [put("a", "!secret [hidden")], name="shop")
    assert "hidden" not in f"{caught.value} {caught.value.hint} {also.value} {also.value.hint}"
    assert "hidden" not in repr(hide("a", "hidden"))


WRONG = {
    "another key": ("a: 1\nb: 1\n", "a: 2\nb: 2\n", put("a", "2")),
    "a key that went": ("a: 1\nb: 1\n", "a: 2\n", put("a", "2")),
    "still there": ("a: 1\nb: 1\n", "a: 1\nb: 1\n", take("a")),
    "another type": ("a: 1\nb: 1\n", "a: 2\nb: true\n", put("a", "2")),
    "another secret": ("a: 1\n", "a: !secret y\n", hide("a", "x")),
    "another item": ("a: [1, 2, 3]\n", "a: [1, 2]\n", take("a/1")),
}


@pytest.mark.parametrize(("before", "after", "change"), WRONG.values(), ids=WRONG)
def test_an_edit_that_does_more_is_refused(before: str, after: str, change: Change, compose: Compose) -> None:
    def parsed(text: str) -> ConfigDocument:
        return parse_config(text, compose(text), name="shop")

    with pytest.raises(ConfigEditImpossible):
        verify_edit(parsed(before), parsed(after), [change], name="shop")


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a.b", ("a.b",)),
        ("a.c", ("a", "c")),
        ("a.list.1.x", ("a", "list", "1", "x")),
        ("a.list.7", ("a", "list", "7")),
        ("new.key", ("new", "key")),
        ("a.b.c", ("a.b", "c")),
    ],
)
def test_a_key_is_found_as_it_is_written(key: str, path: tuple[str, ...], compose: Compose) -> None:
    text = "a.b: 1\na:\n  c: 1\n  list: [1, {x: 1}]\n"
    assert find_path(parse_config(text, compose(text), name="shop"), key) == path


@pytest.mark.parametrize(
    "value",
    ["y", "No", "1", "1e3", "0x1F", "~", "", "a: b", "# x", "- a", "{", "a\nb", "\x85", "é", "ab", True, 7],
)
def test_values_keep_their_types(value: object, compose: Compose) -> None:
    for text in ("a: 1\n", "a: [1]\n"):
        key = "a" if "[" not in text else "a/0"
        edited = edit_text(text, [put(key, yaml_scalar(value))], name="shop")
        found = parse_config(edited, compose(edited), name="shop").value["a"]
        assert (found if key == "a" else found[0]) == value
