"""YAML is read as kubectl reads it, and every node knows its place."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import YamlDocument, YamlNode
from cantata.errors import Place
from cantata.render import RenderLimits, RenderPool, RenderSettings, YamlInvalid

SCALARS = {
    "!!bool": "yes no on off y n Y N Yes NO true True TRUE false On OFF",
    "!!null": "~ null Null NULL",
    "!!int": "0 1 -7 +5 0777 0x1F 0b11 1_000 9223372036854775807 18446744073709551615 0o17",
    "!!float": "1.0 1e3 .5 -.5 1.5e-7 123456789012345678901234567890 685_230.15 1.",
    "!!str": "yep nope 1:30 2001-01-01 2001-01-01T10:00:00Z 1.2.3 0xZZ 1e << --- 'yes' \"1\" 0o9 tRUE é",
}


async def _parse(pool: RenderPool, text: str) -> tuple[Any, dict[tuple[str, ...], YamlNode]]:
    (document,) = await pool.parse_yaml(text, file="config.yaml")
    return _value(document), {node.path: node for node in document.nodes}


def _value(document: YamlDocument) -> Any:
    return msgspec.json.decode(document.value)


def _tag_of(value: object) -> set[str]:
    """The tags that a JSON value can have come from. JSON does not tell 1.0 from 1."""
    kinds = {bool: {"!!bool"}, type(None): {"!!null"}, int: {"!!int", "!!float"}, float: {"!!float"}}
    return kinds.get(type(value), {"!!str"})


@pytest.mark.parametrize(("tag", "scalars"), SCALARS.items(), ids=SCALARS)
async def test_tags_agree_with_the_value(tag: str, scalars: str, pool: RenderPool) -> None:
    written = scalars.split()
    values, nodes = await _parse(pool, "\n".join(f"- {scalar}" for scalar in written))
    found = {text: nodes[str(index),].tag for index, text in enumerate(written)}
    assert found == dict.fromkeys(written, tag)
    for value in values:
        assert tag in _tag_of(value)


async def test_keys_tell_how_they_resolve(pool: RenderPool) -> None:
    value, nodes = await _parse(pool, 'n: 1\n1: 2\n"y": 3\nplain: 4\n1.5: 5\n')
    assert value == {"false": 1, "1": 2, "y": 3, "plain": 4, "1.5": 5}
    assert {path[0]: node.key_tag for path, node in nodes.items() if path} == {
        "n": "!!bool", "1": "!!int", "y": "!!str", "plain": "!!str", "1.5": "!!float",
    }  # fmt: skip


async def test_places_of_values_and_keys(pool: RenderPool) -> None:
    text = "# comment\nöl:\n  - 'x': é\n    y: |\n      a\n      b\n  - [1, {z: 2}]\nlast:\n  >-\n  folded\n"
    _, nodes = await _parse(pool, text)
    places = {path: (node.kind, node.key_line, node.line, node.column) for path, node in nodes.items()}
    assert places == {
        (): ("map", 0, 2, 1),
        ("öl",): ("list", 2, 3, 3),
        ("öl", "0"): ("map", 0, 3, 5),
        ("öl", "0", "x"): ("scalar", 3, 3, 10),
        ("öl", "0", "y"): ("scalar", 4, 4, 8),
        ("öl", "1"): ("list", 0, 7, 5),
        ("öl", "1", "0"): ("scalar", 0, 7, 6),
        ("öl", "1", "1"): ("map", 0, 7, 9),
        ("öl", "1", "1", "z"): ("scalar", 7, 7, 13),
        ("last",): ("scalar", 8, 9, 3),
    }
    assert list(nodes)[:3] == [(), ("öl",), ("öl", "0")]
    assert (nodes["öl", "0", "y"].text, nodes["öl", "0", "y"].quoted) == ("a\nb\n", True)


async def test_a_secret_is_its_text(pool: RenderPool) -> None:
    text = "a: !secret yes\nb: !secret '1'\nc: !secret 007\nd: !secret\nm: !own {x: 1}\ni: !!str 5\n"
    value, nodes = await _parse(pool, text)
    assert value == {"a": "yes", "b": "1", "c": "007", "d": "", "m": {"x": 1}, "i": "5"}
    tags = {path[0]: node.tag for path, node in nodes.items() if len(path) == 1}
    assert tags == {**dict.fromkeys("abcd", "!secret"), "m": "!own", "i": "!!str"}
    assert [nodes[key,].text for key in "abcd"] == ["yes", "1", "007", ""]


async def test_aliases_and_merge_keys_are_resolved(pool: RenderPool) -> None:
    text = (
        "base: &base {a: 1, b: &b 2}\nuse:\n  c: 0\n  <<: *base\n  b: *b\ntwo: {<<: [{x: 1}, {x: 2, z: 2}]}\n"
    )
    value, nodes = await _parse(pool, text)
    assert value == {"base": {"a": 1, "b": 2}, "use": {"a": 1, "b": 2, "c": 0}, "two": {"x": 1, "z": 2}}
    assert {path: (node.key_line, node.line) for path, node in nodes.items() if path[:1] == ("use",)} == {
        ("use",): (2, 3), ("use", "c"): (3, 3), ("use", "a"): (1, 1), ("use", "b"): (5, 1),
    }  # fmt: skip
    assert nodes["two", "x"].text == "1"
    assert not [path for path in nodes if "<<" in path]


async def test_documents_of_a_stream(pool: RenderPool) -> None:
    text = "%YAML 1.1\n---\na: 1\n--- {b: 2}\n---\n# nothing\n---\nnull\n--- |\n  text\n...\n"
    documents = await pool.parse_yaml(text)
    assert [_value(document) for document in documents] == [{"a": 1}, {"b": 2}, None, "text\n"]
    assert [document.nodes[0].line for document in documents] == [3, 4, 8, 9]
    assert await pool.parse_yaml("# nothing\n") == ()
    assert await pool.parse_yaml("") == ()


async def test_windows_line_ends(pool: RenderPool) -> None:
    value, nodes = await _parse(pool, "a: 1\r\nb:\r\n  - x\r\n")
    assert value == {"a": 1, "b": ["x"]}
    assert (nodes["b", "0"].line, nodes["b", "0"].column) == (3, 5)


BROKEN = {
    "indentation": ("a: b\n  c: d\n", (2, 4), "mapping values are not allowed"),
    "tab": ("a:\n\t- b\n", (2, 1), "a tab cannot indent"),
    "duplicate": ("a: 1\nb: 2\na: 3\n", (3, 1), 'the key "a" is already set in line 1'),
    "duplicate in JSON": ("on: 1\nyes: 2\n", (2, 1), 'the key "yes" is already set in line 1'),
    "unknown alias": ("a: 1\nb: *x\n", (2, 5), "unknown anchor 'x'"),
    "loop": ("a: &a [*a]\n", (1, 4), "nested deeper"),
    "infinity": ("a:\n- .inf\n", (2, 3), "no form in JSON"),
    "null key": ("~: 1\n", (1, 1), "cannot be a key"),
    "list as key": ("[a]: 1\n", (1, 1), "a key must be a scalar"),
    "merge of text": ("<<: x\n", (1, 5), "takes maps only"),
    "no marker": ("a: 1\n...\nb: 1\n", (3, 1), "did not find expected <document start>"),
    "old line ends": ("a: 1\r---\rb: 1\r", (2, 1), "after the end of the document"),
    "second document": ("a: 1\n---\nb: [1\n", (3, 5), "did not find expected"),
    "control character": ("a: 1\nb: \x07\n", (2, 4), "control characters are not allowed"),
}


@pytest.mark.parametrize(("text", "spot", "message"), BROKEN.values(), ids=BROKEN)
async def test_an_error_has_its_place(
    text: str, spot: tuple[int, int], message: str, pool: RenderPool
) -> None:
    with pytest.raises(YamlInvalid) as caught:
        await pool.parse_yaml(text, file="config.yaml")
    assert message in caught.value.message
    assert caught.value.place == Place("config.yaml", *spot)


async def test_limits(worker_program: Any, pool: RenderPool) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    with pytest.raises(YamlInvalid, match="more than 200000 nodes"):
        await pool.parse_yaml(bomb)
    with pytest.raises(YamlInvalid, match="deeper than 100"):
        await pool.parse_yaml("[" * 150 + "]" * 150)
    with pytest.raises(YamlInvalid, match="exceeded max depth"):
        await pool.parse_yaml("[" * 100_000)
    settings = RenderSettings(limits=RenderLimits(yaml_bytes=10))
    async with RenderPool(worker_program, settings) as small:
        with pytest.raises(YamlInvalid, match="has 11 bytes, allowed are 10"):
            await small.parse_yaml("a: 1234567\n")
