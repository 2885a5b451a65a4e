"""Each format, read back by a reader that is not ours."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.config import SecretText
from cantata.core.delivery import Entry
from cantata.core.delivery.formats import format_subtree, variables

names = st.from_regex(r"[a-zA-Z][-a-zA-Z0-9_]{0,6}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.one_of(
    texts, st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False)
)
values = st.one_of(
    scalars, st.lists(st.one_of(scalars, st.dictionaries(texts, scalars, max_size=2)), max_size=3)
)
trees = st.recursive(
    st.dictionaries(names, values, max_size=4),
    lambda inner: st.dictionaries(names, st.one_of(values, inner), max_size=3),
    max_leaves=8,
)


def to_entries(value: Any, path: tuple[str, ...] = ()) -> list[Entry]:
    if isinstance(value, dict) and (value or not path):
        return [entry for key in sorted(value) for entry in to_entries(value[key], (*path, key))]
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return [Entry(path, text, value)]


@given(trees)
def test_json_is_read_as_the_same_value(tree: dict[str, Any]) -> None:
    assert json.loads(format_subtree(to_entries(tree), "", "json")) == tree


@given(trees)
def test_yaml_is_read_as_the_same_value(tree: dict[str, Any]) -> None:
    assert yaml.safe_load(format_subtree(to_entries(tree), "", "yaml")) == tree


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "1.0",
        "1e3",
        "0x1f",
        "~",
        "a: b",
        "# x",
        " x",
        "x ",
        "a\nb\n",
        "\x7f\u2028\ufeff",
        "é",
        "- a",
        "2001-01-01",
        "<<",
        "=",
    ],
)
def test_strings_stay_strings_in_yaml(text: str) -> None:
    entry = Entry(("a", "b"), text, text)

    assert yaml.safe_load(format_subtree([entry], "a", "yaml")) == {"b": text}


@pytest.mark.parametrize("format_", ["yaml", "json"])
def test_numbers_stay_as_they_are_written(format_: str) -> None:
    written = ["1000000", "1.10", "12345678901234567890123"]
    entries = [Entry(("n", f"k{index}"), text, float(text)) for index, text in enumerate(written)]

    lines = format_subtree(entries, "n", format_).splitlines()

    assert all(any(line.rstrip(",").endswith(f" {text}") for line in lines) for text in written)


def test_paths_begin_at_the_key_even_where_a_key_has_dots() -> None:
    entries = [
        Entry(("a.b", "c"), "1", 1),
        Entry(("a", "b", "d.e"), "2", 2),
    ]

    assert json.loads(format_subtree(entries, "a.b", "json")) == {"c": 1, "d.e": 2}


def test_properties_are_escaped() -> None:
    entries = [
        Entry(("p", "a"), "  two spaces", "  two spaces"),
        Entry(("p", "b c"), "x=y\\z\n€", "x=y\\z\n€"),
        Entry(("p", "d", "e"), "\U0001f600", "\U0001f600"),
    ]

    assert format_subtree(entries, "p", "properties") == (
        "a=\\ \\ two spaces\nb\\ c=x=y\\\\z\\n\\u20ac\nd.e=\\ud83d\\ude00\n"
    )


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_a_shell_reads_dotenv_as_the_same_text(text: str) -> None:
    script = (
        format_subtree([Entry(("a", "maxSize"), text, text)], "a", "dotenv") + "printf '%s.' \"$MAX_SIZE\""
    )

    shell = subprocess.run(["sh", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})

    assert shell.stdout.decode() == f"{text}."


def test_dotenv_leaves_out_what_is_no_name_or_taken() -> None:
    entries = [Entry(("a", key), key, key) for key in ("1st", "b-c", "b_c")]

    assert format_subtree(entries, "a", "dotenv") == "B_C=b-c\n"
    assert variables(entries, "a").left_out == [(entries[0], ""), (entries[2], "B_C")]


def test_secrets_are_in_the_text() -> None:
    entry = Entry(("db", "password"), SecretText("s3cret"), SecretText("s3cret"))

    assert "s3cret" not in repr(entry)
    assert format_subtree([entry], "db", "dotenv") == "PASSWORD=s3cret\n"
