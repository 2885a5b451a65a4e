"""What a config text gives, and every reason not to save it."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable

import msgspec
import pytest

from cantata.core.config import (
    ConfigDocument,
    ConfigExtendsCycle,
    ConfigInvalid,
    SecretText,
    mask,
    parse_config,
    resolve_chain,
)
from cantata.core.model.charts import YamlDocument
from cantata.core.model.configs import Extends

Compose = Callable[[str], YamlDocument]


@pytest.fixture
def parse(compose: Compose) -> Callable[[str], ConfigDocument]:
    return lambda text: parse_config(text, compose(text), name="shop")


def test_leaves_in_order_with_their_places(parse: Callable[[str], ConfigDocument]) -> None:
    parsed = parse(
        "db:\n  size: 0x1F\n  list: [1, {a: b}]\n  on: true\nempty: {}\nnull: ~\n".replace(
            "on:", "is:"
        ).replace("null:", "none:")
    )
    assert [(leaf.key, leaf.text, leaf.value, leaf.line, leaf.column) for leaf in parsed.leaves] == [
        ("db.size", "0x1F", 31, 2, 9),
        ("db.list", "", [1, {"a": "b"}], 3, 9),
        ("db.is", "true", True, 4, 7),
        ("empty", "", {}, 5, 8),
        ("none", "~", None, 6, 7),
    ]  # fmt: skip


def test_secrets_by_path_new_and_kept(parse: Callable[[str], ConfigDocument]) -> None:
    parsed = parse("a: !secret hidden\nb: !secret ref:x-1\nc: [1, !secret third]\n")
    assert parsed.secrets["a",].value == SecretText("hidden")
    assert (parsed.secrets["b",].ref, parsed.secrets["b",].value) == ("x-1", None)
    assert parsed.secrets["c", "1"].value == SecretText("third")
    assert mask(parsed) == {"a": "****", "b": "****", "c": [1, "****"]}
    assert [leaf.value for leaf in parsed.leaves] == ["****", "****", [1, "****"]]
    assert "hidden" not in repr(parsed)
    assert "third" not in repr(parsed)


INVALID = {
    "list": ("- 1\n", [("", 1, 1)], "must be a map"),
    "text": ("text\n", [("", 1, 1)], "must be a map"),
    "boolean key": ("a: 1\nn1: 2\nyes: 3\n", [("yes", 3, 1)], "read as bool"),
    "number key": ("a:\n  1: 2\n", [("a.1", 2, 3)], "read as int"),
    "character": ("a b: 1\n", [("a b", 1, 1)], "may only have"),
    "slash": ("a: {b/c: 1}\n", [("a.b/c", 1, 5)], "may only have"),
    "empty key": ('"": 1\n', [("", 1, 1)], "may only have"),
    "two dots": ("..a: 1\n", [("..a", 1, 1)], "name of a file"),
    "long": (f"{'k' * 254}: 1\n", [("k" * 254, 1, 1)], "254 characters"),
    "collision": ("a.b: 1\na:\n  b: 2\n", [("a.b", 3, 3)], "already set in line 1"),
    "collision with a map": ("a:\n  b: {c: 1}\na.b: 2\n", [("a.b", 3, 1)], "already set in line 2"),
    "tag": ("a: !vault x\n", [("a", 1, 4)], "!vault is not known"),
    "secret map": ("a: !secret {b: 1}\n", [("a", 1, 4)], "not to a map"),
    "secret reference": ("a: !secret ref:%\n", [("a", 1, 4)], "reference"),
    "secret after anchor": ("a: !secret &x y\n", [("a", 1, 4)], "right before"),
    "NUL": ('a: "\\0"\n', [("a", 1, 4)], "NUL"),
    "all together": ("a: !x y\nno: 1\nb c: 1\n", [("a", 1, 4), ("no", 2, 1), ("b c", 3, 1)], "and 2 more"),
}


@pytest.mark.parametrize(("text", "places", "message"), INVALID.values(), ids=INVALID)
def test_troubles_come_together_with_their_places(
    text: str, places: list[tuple[str, int, int]], message: str, parse: Callable[[str], ConfigDocument]
) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse(text)
    found = [(each.place.key, each.place.line, each.place.column) for each in caught.value.details]
    assert found == places
    assert message in str(caught.value)
    assert caught.value.place.file == "config shop"


def test_a_text_is_one_document_and_not_too_large(compose: Compose) -> None:
    first = compose("a: 1\n")
    with pytest.raises(ConfigInvalid, match="one document") as caught:
        parse_config("# x\n---\na: 1\n---\nb: 1\n", first, name="shop")
    assert caught.value.place.line == 4
    with pytest.raises(ConfigInvalid, match="allowed are 1048576"):
        parse_config("a: 1\n#" + "x" * (1 << 20), first, name="shop")
    deep = "".join(" " * level + "a:\n" for level in range(70)) + " " * 70 + "a: 1\n"
    with pytest.raises(ConfigInvalid, match="nested deeper than 64"):
        parse_config(deep, compose(deep), name="shop")


def test_no_secret_in_an_error(parse: Callable[[str], ConfigDocument]) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse("a: !secret hidden\nb: !secret ref:hid den\nyes: 1\n")
    shown = f"{caught.value} {caught.value.details} {caught.value.hint}"
    assert "hid" not in shown


def test_a_secret_text_shows_and_serialises_nothing() -> None:
    secret = SecretText("hidden")
    assert f"{secret} {secret!r} {secret!s} {secret:>6}" == "**** **** ****   ****"
    assert secret.reveal() == "hidden"
    assert copy.deepcopy([secret]) == [secret]
    for encode in (msgspec.json.encode, msgspec.msgpack.encode, json.dumps, pickle.dumps):
        with pytest.raises(TypeError):
            encode({"a": secret})


def test_a_chain_ends_or_is_refused() -> None:
    parents = {"dev": Extends("base", 2), "base": None, "b": Extends("c"), "c": Extends("a")}

    def extends_of(parent: Extends) -> Extends | None:
        return parents[parent.config]

    assert resolve_chain("eve", Extends("dev"), extends_of) == (Extends("dev"), Extends("base", 2))
    assert resolve_chain("dev", None, extends_of) == ()
    with pytest.raises(ConfigExtendsCycle, match="a → b → c → a"):
        resolve_chain("a", Extends("b"), extends_of)
    with pytest.raises(ConfigExtendsCycle, match="a → a"):
        resolve_chain("a", Extends("a"), extends_of)
