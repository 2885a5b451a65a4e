"""Declarative documents: what is wrong is told with its place in the file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cantata.core.config import ConfigExtendsCycle
from cantata.core.declaration import (
    ConfigDeclaration,
    SelectorInvalid,
    SourceFile,
    check_unique,
    parents_first,
    parse_selector,
    read_config,
    read_declaration,
)
from cantata.core.model.charts import YamlDocument
from cantata.core.model.configs import Extends
from cantata.core.model.errors import LabelInvalid
from cantata.errors import CantataError, Place

Compose = Callable[[str], YamlDocument]

HEAD = "apiVersion: cantata.dev/v1\nkind: Config\nmetadata: {name: shop}\nspec:\n"
WHOLE = """\
apiVersion: cantata.dev/v1
kind: Config
metadata:
  name: shop-dev
  labels: {app: shop, tier: "1"}
spec:
  extends: {config: shop-base, version: 3}
  message: why
  schema: |
    {"type": "object"}
  document: |
    # a comment
    db:
      password: !secret hunter2
"""

WRONG = {
    "no map": ("- a\n", "a document must be a map", "", 1),
    "no version": ("kind: Config\n", "apiVersion must be cantata.dev/v1, which is missing", "apiVersion", 1),
    "another version": ("a: 1\napiVersion: v1\n", 'not "v1"', "apiVersion", 2),
    "no kind": ("apiVersion: cantata.dev/v1\n", "has no kind", "kind", 1),
    "an unknown kind": (
        "apiVersion: cantata.dev/v1\n\nkind: Pod\n",
        'the kind "Pod" is not known',
        "kind",
        3,
    ),
    "no name": (
        "apiVersion: cantata.dev/v1\nkind: Config\nmetadata:\n  labels: {}\n",
        "missing required field `name`",
        "metadata.name",
        4,
    ),
    "a bad name": (
        "apiVersion: cantata.dev/v1\nkind: Config\nmetadata:\n  name: Shop_1\n",
        "'Shop_1' is not a name for a config",
        "metadata.name",
        4,
    ),
    "a label that is no text": (
        "apiVersion: cantata.dev/v1\nkind: Config\nmetadata:\n  name: a\n  labels:\n    a: 1\n",
        "expected `str`, got `int`",
        "metadata.labels",
        6,
    ),
    "a bad label": (
        "apiVersion: cantata.dev/v1\nkind: Config\nmetadata:\n  name: a\n  labels:\n    a: b c\n",
        "'b c' cannot stand in a label",
        "metadata.labels.a",
        6,
    ),
    "an unknown field": (HEAD + "  documnet: a\n", "unknown field `documnet`", "spec.documnet", 5),
    "a document that is a map": (
        HEAD + "  document:\n    a: 1\n",
        "expected `str | null`, got `object`",
        "spec.document",
        6,
    ),
    "no document": (HEAD + "  message: a\n", "needs either `document` or `documentFile`", "spec", 5),
    "two documents": (HEAD + "  document: a\n  documentFile: b\n", "needs either", "spec", 5),
    "version 0": (
        HEAD + "  document: ''\n  extends:\n    config: a\n    version: 0\n",
        "versions count from 1",
        "spec.extends.version",
        8,
    ),
    "a file above": (HEAD + "  documentFile: ../a.yaml\n", "does not name a file", "spec.documentFile", 5),
    "a file elsewhere": (HEAD + "  documentFile: /etc/passwd\n", "does not name", "spec.documentFile", 5),
    "a file that is a folder": (HEAD + "  documentFile: a/\n", "does not name", "spec.documentFile", 5),
    "a file that is missing": (
        HEAD + "  documentFile: b.yaml\n",
        "x/b.yaml did not come",
        "spec.documentFile",
        5,
    ),
}


def read(compose: Compose, text: str, *others: SourceFile) -> ConfigDeclaration:
    declaration = read_declaration(SourceFile("x/a.yaml", text), compose(text), {"Config"})
    return read_config(declaration, {other.name: other for other in others}.get)


@pytest.mark.parametrize(("text", "message", "key", "line"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_place(
    text: str, message: str, key: str, line: int, compose: Compose
) -> None:
    with pytest.raises(CantataError) as caught:
        read(compose, text)
    error = caught.value
    assert message in error.message
    assert (error.place.file, error.place.key, error.place.line) == ("x/a.yaml", key, line)
    assert error.place.column > 0


def test_a_config_says_all_that_it_is_to_be(compose: Compose) -> None:
    read_ = read(compose, WHOLE)
    assert (read_.name, read_.declaration.labels) == ("shop-dev", {"app": "shop", "tier": "1"})
    assert (read_.extends, read_.message) == (Extends("shop-base", 3), "why")
    assert read_.schema == '{"type": "object"}\n'
    assert read_.document.text == "# a comment\ndb:\n  password: !secret hunter2\n"
    assert "hunter2" not in repr(read_)


TEXTS = {
    "literal": ("document: |\n    a: 1\n    b: 2\n", 2, (7, 5)),
    "blank lines first": ("document: |2\n\n\n      a: 1\n", 3, (8, 5)),
    "of another indentation": ("document:   |-\n        a: 1\n        b: 2", 2, (7, 9)),
    "tagged": ("document: !!str |\n   a: 1\n", 1, (6, 4)),
    "folded": ("document: >\n    a: 1\n\n    b: 2\n", 2, (5, 13)),
    "quoted": ('document: "a: 1\\nb: 2"\n', 2, (5, 13)),
}


@pytest.mark.parametrize(("text", "line", "place"), TEXTS.values(), ids=TEXTS)
def test_a_place_in_the_text_is_a_place_in_the_file(
    text: str, line: int, place: tuple[int, int], compose: Compose
) -> None:
    found = read(compose, HEAD + "  " + text).document.moved(Place("config shop", line, 1, "b"))
    assert found == Place("x/a.yaml", *place, "b")


def test_a_document_may_be_a_file_beside(compose: Compose) -> None:
    found = read(compose, HEAD + "  documentFile: b/c.yaml\n", SourceFile("x/b/c.yaml", "a: 1\n")).document
    assert (found.text, found.file) == ("a: 1\n", "x/b/c.yaml")
    assert found.moved(Place("config shop", 1, 4, "a")) == Place("x/b/c.yaml", 1, 4, "a")


def test_one_thing_is_declared_once(compose: Compose) -> None:
    twice = [read(compose, HEAD + "  document: ''\n").declaration for _ in range(2)]
    with pytest.raises(CantataError, match=r"the Config shop is already declared at x/a\.yaml:3"):
        check_unique(twice)


def _config(compose: Compose, name: str, parent: str) -> ConfigDeclaration:
    extends = f"  extends: {{config: {parent}}}\n" if parent else ""
    return read(compose, HEAD.replace("shop", name) + extends + "  document: ''\n")


def test_parents_come_first(compose: Compose) -> None:
    given = [("c", "b"), ("a", "elsewhere"), ("b", "a"), ("d", "")]
    order = [each.name for each in parents_first([_config(compose, *pair) for pair in given])]
    assert sorted(order) == ["a", "b", "c", "d"]
    assert order.index("a") < order.index("b") < order.index("c")


@pytest.mark.parametrize(
    ("given", "chain"),
    [([("a", "b"), ("b", "c"), ("c", "a")], 4), ([("a", "a")], 2), ([("x", "a"), ("a", "b"), ("b", "a")], 3)],
)
def test_a_circle_is_refused_with_its_chain(
    given: list[tuple[str, str]], chain: int, compose: Compose
) -> None:
    with pytest.raises(ConfigExtendsCycle) as caught:
        parents_first([_config(compose, *pair) for pair in given])
    names = caught.value.message.partition(": ")[2].split(" → ")
    assert (len(names), names[0]) == (chain, names[-1])
    parents = dict(given)
    assert [parents[name] for name in names[:-1]] == names[1:]
    assert (caught.value.place.line, caught.value.place.key) == (5, "spec.extends.config")


def test_a_selector_is_a_list_of_labels() -> None:
    assert parse_selector("app=shop, example.org/tier = web") == {"app": "shop", "example.org/tier": "web"}
    for text in ("", " ", ",", "app", "app=shop,", "=a", "app=a,app=b", "!app"):
        with pytest.raises(SelectorInvalid):
            parse_selector(text)
    with pytest.raises(LabelInvalid):
        parse_selector("app!=shop")
