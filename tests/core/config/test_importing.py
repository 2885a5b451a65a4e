"""Other forms of text become config texts that mean the same."""

from __future__ import annotations

import contextlib
import json
import subprocess
from typing import Any

import javaproperties
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.config import ImportInvalid, ImportKind, import_text
from cantata.core.delivery import Entry
from cantata.core.delivery.formats import format_subtree

DOTENV = {
    "plain": ("A=b c  \nexport B_1 = x\nC: y\n", {"A": "b c", "B_1": "x", "C": "y"}),
    "comments": ("# c\n\n A=b # c\nB=b#c\nC=# c\nD= # c\n", {"A": "b", "B": "b#c", "C": "", "D": ""}),
    "double": (r'A="a\n\t\"\\\$x \d" # c', {"A": 'a\n\t"\\$x \\d'}),
    "single": (r"A='a\n\'$x' # c", {"A": "a\\n'$x"}),
    "lines": ("A=\"a\n b\"\nB='a\n# b'\nC=1\n", {"A": "a\n b", "B": "a\n# b", "C": "1"}),
    "dollar": ("A=$x${y}\nB=\"$x\"\n", {"A": "$x${y}", "B": "$x"}),
    "strings": ("A=1\nB=true\nC=\nD=1.10\n", {"A": "1", "B": "true", "C": "", "D": "1.10"}),
    "windows": ("\ufeffA=1\r\nB=\"2\"\r\n", {"A": "1", "B": "2"}),
    "empty": ("# c\n", {}),
}  # fmt: skip

PROPERTIES = {
    "separators": ("a=1\nb:2\nc 3\nd = 4\ne\n", {"a": "1", "b": "2", "c": "3", "d": "4", "e": ""}),
    "nested": ("a.b=1\na.c.d=2\ne=3\n", {"a": {"b": "1", "c": {"d": "2"}}, "e": "3"}),
    "comments": ("# c\n  ! d\na=1 # no\n", {"a": "1 # no"}),
    "lines": ("a=1,\\\n   2,\\\r\n\t3\nb\\\n  c=1\n", {"a": "1,2,3", "bc": "1"}),
    "escapes": ("a\\:b=\\t\\u00e9\\ud83d\\ude00\\x\\\\\n", {"a:b": "\té😀x\\"}),
    "spaces": ("a=  x  \nb=\\ x\n", {"a": "x  ", "b": " x"}),
    "end": ("a=1\\", {"a": "1"}),
}

JSON = {
    "all": (
        '{"a": {"b": [1, 1.5, "1", true, null, {"c": {}}]}, "yes": "no"}',
        {"a": {"b": [1, 1.5, "1", True, None, {"c": {}}]}, "yes": "no"},
    ),
    "empty": ("{}", {}),
}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(kind, text, value, id=f"{kind} {name}")
        for kind, cases in (("dotenv", DOTENV), ("properties", PROPERTIES), ("json", JSON))
        for name, (text, value) in cases.items()
    ],
)
def test_a_text_is_read(kind: str, text: str, value: Any) -> None:
    assert yaml.safe_load(import_text(ImportKind(kind), text)) == value


def test_numbers_stay_as_they_are_written() -> None:
    text = '{"a": 1.10, "b": 12345678901234567890123, "c": [1E5]}'
    assert import_text(ImportKind.JSON, text) == "a: 1.10\nb: 12345678901234567890123\nc:\n  - 1.0e+5\n"


BAD = {
    "dotenv": {
        "no name": ("A=1\n=2\n", "2:1: a line must be"),
        "no value": ("A=1\n\n  B\n", "3:4 (B): B has no value"),
        "not closed": ("A=\"x\nB=1\n", "1:3 (A): the value of A has no closing quote"),
        "text behind": ("A='x' y\n", "1:6 (A): there is text behind"),
        "twice": ("A=1\nB=\"\n\"\nA=2\n", "4:1 (A): A is already set in line 1"),
        "name": ("A B=1\n", "1:3 (A): A has no value"),
    },
    "properties": {
        "below a value": ("a=1\n\na.b=2\n", "3 (a.b): the key a.b is inside of a, which has a value"),
        "value over others": ("a.b=1\na=2\n", "2 (a): the key a holds other keys since line 1"),
        "twice": ("a=1\n# c\na=2\n", "3 (a): the key a is already set in line 1"),
        "empty part": ("x=1\na..b=1\n", "2 (a..b): the key 'a..b' has an empty part"),
        "escape": ("a=\\\n 1\nb=\\u12\n", "3: a `\\u` must have"),
        "half a character": ("a=\\ud800\n", "1: a `\\u` must have"),
        "deep": ("a." * 64 + "a=1\n", "1: the key has 65 parts"),
    },
    "json": {
        "no JSON": ('{\n "a": x}', "2:7: the text is no JSON"),
        "list": ("[1]", "1:1: a config must be an object"),
        "twice": ('{"a": 1,\n "b": {"c": 1, "c": 2}}', "2:16: the key 'c' is twice"),
        "no number": ('{"NaN": "NaN",\n "b": NaN}', "2:7: NaN is no number"),
        "deep": ('{"a":' * 65 + "1" + "}" * 65, " the text is nested deeper than 64"),
        "very deep": ("[" * 100_000, " the text is nested deeper than 64"),
        "half a character": ('{"a": "\\ud800"}', " the text has half of a character"),
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        pytest.param(kind, text, message, id=f"{kind} {name}")
        for kind, cases in BAD.items()
        for name, (text, message) in cases.items()
    ],
)
def test_what_is_wrong_has_its_place(kind: str, text: str, message: str) -> None:
    with pytest.raises(ImportInvalid) as caught:
        import_text(ImportKind(kind), text, file="x")
    assert str(caught.value).startswith(f"x:{message}")


@pytest.mark.parametrize("kind", ImportKind)
def test_a_text_is_not_too_large(kind: ImportKind) -> None:
    with pytest.raises(ImportInvalid, match="allowed are 1048576"):
        import_text(kind, "#" * ((1 << 20) + 1))


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,4}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
PLAIN = st.text(st.characters(codec="ascii", exclude_characters="\0\\`\r"), max_size=12)
"""What a shell and docker compose read alike: they differ in backslashes and backticks."""


def _entries(values: dict[str, str], prefix: str) -> list[Entry]:
    return [Entry((prefix, key), text, text) for key, text in values.items()]


@given(st.dictionaries(NAMES, TEXTS, max_size=4))
def test_written_properties_are_read_again(values: dict[str, str]) -> None:
    text = format_subtree(_entries(values, "p"), "p", "properties")
    assert yaml.safe_load(import_text(ImportKind.PROPERTIES, text)) == values


@given(st.text("ab \t\\\n\r\f:=#!u0é", max_size=24))
def test_properties_are_read_as_another_reader_does(text: str) -> None:
    try:
        expected = javaproperties.loads(text)
    except javaproperties.InvalidUEscapeError:
        with pytest.raises(ImportInvalid):
            import_text(ImportKind.PROPERTIES, text)
        return
    keys = list(javaproperties.loads(text, object_pairs_hook=lambda pairs: [key for key, _ in pairs]))
    if len(set(keys)) == len(keys) and all(keys):
        assert yaml.safe_load(import_text(ImportKind.PROPERTIES, text)) == expected
        return
    with pytest.raises(ImportInvalid, match=r"already set|empty part"):
        import_text(ImportKind.PROPERTIES, text)


@given(st.dictionaries(NAMES, PLAIN, max_size=4))
def test_written_dotenv_is_read_again(values: dict[str, str]) -> None:
    text = format_subtree(_entries(values, "p"), "p", "dotenv")
    expected = {key.upper(): value for key, value in values.items()}
    assert yaml.safe_load(import_text(ImportKind.DOTENV, text)) == expected


@settings(max_examples=30)
@given(st.text("ab \t\n#='x", max_size=12), st.sampled_from("'\""))
def test_quotes_are_read_as_a_shell_does(text: str, quote: str) -> None:
    written = f"A={quote}{text.replace(quote, '')}{quote}\n"
    shell = subprocess.run(["sh", "-c", f"{written}printf '%s.' \"$A\""], capture_output=True, check=True)
    assert f"{yaml.safe_load(import_text(ImportKind.DOTENV, written))['A']}." == shell.stdout.decode()


JSONS: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        TEXTS,
        st.booleans(),
        st.none(),
        st.integers(-(2**60), 2**60),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


@given(st.dictionaries(TEXTS, JSONS, max_size=3), st.sampled_from([None, 2]))
def test_json_is_read_as_the_same_value(value: dict[str, Any], indent: int | None) -> None:
    assert yaml.safe_load(import_text(ImportKind.JSON, json.dumps(value, indent=indent))) == value


@settings(max_examples=200)
@given(st.sampled_from(ImportKind), st.text(max_size=40))
def test_any_text_is_read_or_refused(kind: ImportKind, text: str) -> None:
    with contextlib.suppress(ImportInvalid):
        assert isinstance(yaml.safe_load(import_text(kind, text)), dict)
