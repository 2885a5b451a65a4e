"""Secrets leave the text, every other byte stays."""

from __future__ import annotations

import string
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.config import ConfigDocument, parse_config, seal_text
from cantata.core.model.charts import YamlDocument

Compose = Callable[[str], YamlDocument]

CASES = {
    "plain": ("a: !secret pass word # why\nb: 1\n", "a: !secret ref:0 # why\nb: 1\n"),
    "double": ('a: !secret  "p\\"w #"  # why\n', "a: !secret  ref:0  # why\n"),
    "single": ("{a: !secret 'it''s', b: [!secret x, 2]}\n", "{a: !secret ref:0, b: [!secret ref:1, 2]}\n"),
    "literal": (
        "a: !secret | # key\n  x\n\n   y\n\n# end\nb: 1\n",
        "a: !secret ref:0 # key\n\n# end\nb: 1\n",
    ),
    "indented": ("a:\n  b: !secret |2-\n     x\n  c: 1\n", "a:\n  b: !secret ref:0\n  c: 1\n"),
    "folded text": ("a: !secret >-\n  x\n  y\n\n  z\nb: 2", "a: !secret ref:0\nb: 2"),
    "several lines": ("a: !secret one\n  two\nb: 1\n", "a: !secret ref:0\nb: 1\n"),
    "next line": ("a: !secret\n  one\nb: 1\n", "a: !secret\n  ref:0\nb: 1\n"),
    "empty": ("a: !secret\nb: 1\n", "a: !secret ref:0\nb: 1\n"),
    "empty text": ("a: !secret ''\nb: 1\n", "a: !secret ref:0\nb: 1\n"),
    "empty block": ("a: !secret |\nb: 1\n", "a: !secret ref:0\nb: 1\n"),
    "anchor": ("a: &x !secret one\nb: *x\n", "a: &x !secret ref:0\nb: *x\n"),
    "windows": ("a: !secret |\r\n  x\r\n  y\r\nb: 1\r\n", "a: !secret ref:0\r\nb: 1\r\n"),
    "tabs at the end": ("a: !secret |\n  x\n  \t\nb: 1\n", "a: !secret ref:0\nb: 1\n"),
}


def _ids(parsed: ConfigDocument) -> dict[tuple[str, ...], str]:
    return {path: str(number) for number, path in enumerate(parsed.secrets)}


@pytest.mark.parametrize(("text", "sealed"), CASES.values(), ids=CASES)
def test_only_the_value_is_replaced(text: str, sealed: str, compose: Compose) -> None:
    document = compose(text)
    assert seal_text(text, document, _ids(parse_config(text, document, name="shop"))) == sealed


@pytest.mark.parametrize("text", [text for text, _ in CASES.values()])
def test_a_position_may_be_that_of_the_content(text: str, compose: Compose) -> None:
    """Some parsers say where the tag is, others where the content is."""
    document = compose(text)
    lines = text.splitlines(keepends=True)
    moved = []
    for node in document.nodes:
        line, column = node.line, node.column
        if node.tag == "!secret" and (node.text or node.quoted):
            rest = lines[line - 1][column - 1 :]
            tail = rest[rest.index("!secret") + 7 :]
            if tail.strip():
                column += len(rest) - len(tail.lstrip())
        moved.append(msgspec.structs.replace(node, line=line, column=column))
    shifted = YamlDocument(document.value, tuple(moved))
    ids = _ids(parse_config(text, document, name="shop"))
    assert seal_text(text, shifted, ids) == seal_text(text, document, ids)


SECRETS = st.text(alphabet=string.ascii_letters + " :#'\"\\\n!&*{}[],|>%@-é", max_size=20)
WORDS = st.text(alphabet=string.ascii_letters, min_size=2, max_size=6)


def _double(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _single(text: str) -> str:
    return "'" + text.replace("\n", " ").replace("'", "''") + "'"


def _plain(text: str) -> str:
    return "p" + "".join(char for char in text if char.isalpha() or char in " '\"\\!&*-").strip()


def _block(mark: str) -> Callable[[str], str]:
    return lambda text: f"{mark}2\n" + "".join(f"    {line}\n" for line in ("x" + text).split("\n"))[:-1]


STYLES = st.sampled_from([_double, _single, _plain, _block("|"), _block(">"), _block("|+"), _block(">-")])


@given(
    rows=st.lists(
        st.tuples(WORDS, STYLES, SECRETS, st.booleans()), max_size=6, unique_by=lambda row: row[0].lower()
    )
)
def test_the_sealed_text_is_the_same_document_with_references(
    rows: list[tuple[str, Callable[[str], str], str, bool]], compose: Compose
) -> None:
    text = "top:\n  first: 1 # one\n"
    for word, style, secret, tagged in rows:
        text += f'  "{word}":   {"!secret " if tagged else ""}{style(secret)}\n  # {word}\n'
    document = compose(text)
    before = parse_config(text, document, name="shop")
    sealed = seal_text(text, document, _ids(before))
    after = parse_config(sealed, compose(sealed), name="shop")
    assert {path: secret.ref for path, secret in after.secrets.items()} == _ids(before)
    assert [(leaf.path, leaf.value) for leaf in after.leaves] == [
        (leaf.path, leaf.value) for leaf in before.leaves
    ]
    assert seal_text(text, document, {}) == text
    assert [line for line in sealed.split("\n") if line.startswith("  #")] == [
        f"  # {row[0]}" for row in rows
    ]
