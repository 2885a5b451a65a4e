"""What cannot be a config, by every way in: its own error with its place, nothing stored, nothing begun."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error
from tests.api.test_declarations import apply, declared
from tests.api.triggers.conftest import make

from cantata.server.compose import Composed

CONFIGS = f"{PROJECT}/configs"
GOOD = "a: 1\n"
WHOLE = 1 << 20
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)
)


@dataclass(frozen=True)
class Bad:
    """A text, and what must be said of it. `column` 0 is any; `words` are in the message or the hint."""

    text: str
    code: str
    line: int
    column: int
    words: str
    key: str = ""
    status: int = 422


TEXTS: dict[str, Bad] = {
    "a duplicate key": Bad("a: 1\nb: 2\na: 3\n", "YamlInvalid", 3, 1, 'the key "a" is already set'),
    "a tab": Bad("a:\n\tb: 1\n", "YamlInvalid", 2, 1, "a tab cannot indent"),
    "anchors that explode": Bad(BOMB, "YamlInvalid", 1, 0, "An alias counts as all that it stands for"),
    "a boolean key": Bad("ok: 1\nyes: 1\n", "ConfigInvalid", 2, 1, 'write "yes" in quotes', "yes"),
    "a number as key": Bad("ok:\n  1: x\n", "ConfigInvalid", 2, 3, "read as int", "ok.1"),
    "a null key": Bad("ok: 1\n~: x\n", "YamlInvalid", 2, 1, "cannot be a key"),
    "a dotted key that is a path too": Bad(
        "a:\n  b: 1\na.b: 2\n", "ConfigInvalid", 3, 1, "already set in line", "a.b"
    ),
    "a key with a space": Bad("x y: 1\n", "ConfigInvalid", 1, 1, "may only have", "x y"),
    "a key that is no file name": Bad("..x: 1\n", "ConfigInvalid", 1, 1, "name of a file", "..x"),
    "a key that is too long": Bad(f"{'k' * 254}: 1\n", "ConfigInvalid", 1, 1, "254 characters", "k" * 254),
    "a NUL as escape": Bad('a: 1\nb: "x\\0"\n', "ConfigInvalid", 2, 4, "NUL", "b"),
    "a NUL byte": Bad("a: 1\nb: x\x00\n", "YamlInvalid", 2, 0, "control characters"),
    "a list at the top": Bad("- a\n", "ConfigInvalid", 1, 1, "must be a map"),
    "a scalar at the top": Bad("just words\n", "ConfigInvalid", 1, 1, "must be a map"),
    "two documents": Bad("a: 1\n---\nb: 1\n", "ConfigInvalid", 2, 1, "one document"),
    "an unknown tag": Bad("a: !int 3\n", "ConfigInvalid", 1, 4, "!int is not known", "a"),
    "a secret map": Bad("a: !secret\n  b: 1\n", "ConfigInvalid", 1, 4, "a single value", "a"),
    "a reference to no secret": Bad(
        "a: 1\nb: !secret ref:none\n", "SecretNotFound", 2, 4, "Write the value itself", "b", 404
    ),
    "nesting without end": Bad("{a: " * 5000 + "1" + "}" * 5000, "YamlInvalid", 1, 0, "deeper than 100"),
    "more than 1 MiB": Bad(f"a: {'x' * WHOLE}\n", "ConfigInvalid", 1, 1, "allowed are 1048576"),
    "an open bracket": Bad("a: 1\nb: [1,\n", "YamlInvalid", 2, 0, "a bracket is not closed"),
    "an unknown alias": Bad("a: 1\nb: *none\n", "YamlInvalid", 2, 0, "must stand before"),
    "a value with a colon": Bad("a: 1\nb: c: d\n", "YamlInvalid", 2, 0, "needs quotes"),
    "a type that the schema refuses": Bad(
        "b: 1\nport: http\n", "ConfigSchemaViolated", 2, 0, "integer", "port"
    ),
}
SCHEMA = json.dumps({"properties": {"port": {"type": "integer"}}})
OFFSET = 5
"""In which line of a declarative file the first line of its text stands, less one."""


@pytest.fixture
async def shop(admin: Http) -> Http:
    """Two configs with good texts and a schema."""
    for name in ("shop", "base"):
        await admin.post(CONFIGS, json={"name": name, "text": GOOD})
        await admin.put(f"{CONFIGS}/{name}/schema", json={"schema": SCHEMA})
    return admin


async def state(http: Http) -> list[Any]:
    """All that could have been made."""
    lists = ("configs", "operations", "audit")
    return [(await http.get(f"{PROJECT}/{each}")).json() for each in lists]


@asynccontextmanager
async def nothing_happens(http: Http) -> AsyncIterator[None]:
    before = await state(http)
    yield
    assert await state(http) == before


def check(answer: Any, bad: Bad, file: str, *, line: int, column: int) -> None:
    error = assert_error(answer, bad.status, bad.code)
    place = error["place"]
    assert (place["file"], place["line"]) == (file, line), error
    assert place["column"] == column or not bad.column, error
    assert place["key"] == bad.key, error
    assert bad.words in f"{error['message']} {error['hint']}", error
    assert error["hint"], error
    assert error["subject"], error
    assert len(answer.text) < 5000


@pytest.mark.parametrize("bad", TEXTS.values(), ids=TEXTS)
async def test_a_text_that_cannot_be_saved(shop: Http, bad: Bad) -> None:
    body = {"text": bad.text}
    child = {"name": "new", "extends": {"config": "base"}, **body}
    async with nothing_happens(shop):
        answers = {
            "created": await shop.post(CONFIGS, json=child),
            "edited": await shop.put(f"{CONFIGS}/shop", json=body),
            "merged": await shop.post(f"{CONFIGS}/shop/merge", json={"base": 1, **body}),
            "its impact": await shop.post(f"{CONFIGS}/shop/impact", json=body),
        }
        if bad.code == "ConfigSchemaViolated":  # It can be merged: the schema is for what is saved.
            assert answers.pop("merged").is_success
        for way, answer in answers.items():
            file = "config new" if way == "created" else "config shop"
            check(answer, bad, file, line=bad.line, column=bad.column)
        for dry_run in (True, False):
            answer = await apply(shop, declared("new", bad.text, "extends: {config: base}"), dryRun=dry_run)
            check(answer, bad, "f0.yaml", line=bad.line + OFFSET + 1, column=bad.column + 4)
            if "already set in line" in bad.words:
                assert f"line {bad.line + OFFSET}" in answer.json()["message"], "a line of the file"


async def test_a_body_of_10_mb_is_refused_before_it_is_read(shop: Http) -> None:
    text = "a: " + "x" * 10_000_000
    async with nothing_happens(shop):
        for answer in (
            await shop.post(CONFIGS, json={"name": "new", "text": text}),
            await shop.put(f"{CONFIGS}/shop", json={"text": text}),
            await shop.post(f"{CONFIGS}/shop/merge", json={"base": 1, "text": text}),
            await shop.post(f"{CONFIGS}/shop/changes", json={"changes": [{"key": "b", "value": text}]}),
        ):
            assert "at most 1 MiB" in assert_error(answer, 413, "BodyTooLarge")["hint"]
        # Declarations may carry charts beside their texts.
        assert_error(await apply(shop, declared("new", text)), 413, "TooManyDeclarations")


async def test_all_troubles_of_a_text_come_at_once(admin: Http) -> None:
    text = "yes: 1\nx y: 2\nz: !foo 3\n"
    error = assert_error(await admin.post(CONFIGS, json={"name": "new", "text": text}), 422, "ConfigInvalid")
    assert [detail["place"]["line"] for detail in error["details"]] == [1, 2, 3]


# --- single keys ----------------------------------------------------------------------------------------

VALUES: dict[str, tuple[str, str, str, str, str]] = {
    # what: key, YAML value, code, part of message or hint, the key that is told
    "a duplicate key": ("b", "{x: 1, x: 2}", "YamlInvalid", "already set", "b"),
    "a tab": ("b", "x:\n\ty: 1", "ConfigChangeInvalid", "no valid YAML", "b"),
    "anchors that explode": ("b", f"[{BOMB[3:33]}]", "ConfigChangeInvalid", "anchors", "b"),
    "a boolean key": ("b", "{yes: 1}", "ConfigInvalid", 'write "yes" in quotes', "b.yes"),
    "a number as key": ("b", "{1: x}", "ConfigInvalid", "read as int", "b.1"),
    "a dotted key that is a path too": ("b", "{c: {d: 1}, c.d: 2}", "ConfigInvalid", "already set", "b.c.d"),
    "a key with a space": ("x y", "1", "ConfigInvalid", "may only have", "x y"),
    "a key with a NUL": ("x\0y", "1", "ConfigInvalid", "may only have", "x\0y"),
    "a key that is too long": ("k" * 254, "1", "ConfigInvalid", "254 characters", "k" * 254),
    "a key in a value": ("a.b", "1", "ConfigChangeInvalid", "inside of what is a single value", "a.b"),
    "a NUL as escape": ("b", '"x\\0"', "ConfigInvalid", "NUL", "b"),
    "a NUL byte": ("b", "x\0", "ConfigChangeInvalid", "no valid YAML", "b"),
    "two documents": ("b", "1\n---\n2", "ConfigChangeInvalid", "more than one document", "b"),
    "an unknown tag": ("b", "!int 3", "ConfigInvalid", "!int is not known", "b"),
    "a secret map": ("b", "!secret {a: 1}", "ConfigInvalid", "a single value", "b"),
    "nesting without end": ("b", "[" * 5000, "ConfigChangeInvalid", "deeper than 100", "b"),
    "more than 1 MiB": ("b", "x" * WHOLE, "ConfigInvalid", "allowed are 1048576", "b"),
    "an open bracket": ("b", "[1,", "ConfigChangeInvalid", "no valid YAML", "b"),
    "an unknown alias": ("b", "*none", "ConfigChangeInvalid", "aliases", "b"),
    "a type that the schema refuses": ("port", "http", "ConfigSchemaViolated", "integer", "port"),
}


@pytest.mark.parametrize(("key", "value", "code", "words", "told"), VALUES.values(), ids=VALUES)
async def test_a_value_that_cannot_be_set(
    shop: Http, key: str, value: str, code: str, words: str, told: str
) -> None:
    async with nothing_happens(shop):
        answer = await shop.post(f"{CONFIGS}/shop/changes", json={"changes": [{"key": key, "value": value}]})
        error = assert_error(answer, 422, code)
    assert error["place"]["key"] == told
    assert words in f"{error['message']} {error['hint']}"
    assert error["hint"]
    assert code in ("ConfigChangeInvalid", "ConfigSchemaViolated") or not error["place"]["line"]
    assert len(answer.text) < 5000


async def test_a_secret_with_a_nul_cannot_be_set_and_is_not_told(shop: Http) -> None:
    changes = [{"key": "b", "secret": "hunter2\0"}]
    async with nothing_happens(shop):
        answer = await shop.post(f"{CONFIGS}/shop/changes", json={"changes": changes})
        assert assert_error(answer, 422, "ConfigInvalid")["place"]["key"] == "b"
    assert "hunter2" not in answer.text


# --- texts of other forms -------------------------------------------------------------------------------

IMPORTS: dict[str, tuple[str, str, str, tuple[int, int, str], str]] = {
    # what: form, text, code, line, column and key, part of the message
    "JSON, a duplicate key": ("json", '{"a": 1,\n "a": 2}', "ImportInvalid", (2, 2, ""), "twice"),
    "JSON, broken": ("json", '{"a": 1,\n "b" 2}', "ImportInvalid", (2, 6, ""), "no JSON"),
    "JSON, a list": ("json", "[1]", "ImportInvalid", (1, 1, ""), "object at its top"),
    "JSON, no number": ("json", '{"a": 1,\n "b": NaN}', "ImportInvalid", (2, 7, ""), "NaN is no number"),
    "JSON, a NUL": ("json", '{"a": 1, "b":\n {"c": "\\u0000"}}', "ConfigInvalid", (2, 3, "b.c"), "NUL"),
    "JSON, a key with a space": (
        "json",
        '{"a": 1,\n\n "x y": 1}',
        "ConfigInvalid",
        (3, 2, "x y"),
        "only have",
    ),
    "JSON, a dotted key that is a path too": (
        "json",
        '{"a": {"b": 1}, "a.b": 2}',
        "ConfigInvalid",
        (1, 17, "a.b"),
        "the key a.b is already set",
    ),
    "JSON, nesting without end": (
        "json",
        '{"a":' * 5000 + "1" + "}" * 5000,
        "ImportInvalid",
        (0, 0, ""),
        "deeper than 64",
    ),
    "JSON, a wrong type": (
        "json",
        '{"a": 1,\n\n "port": "x"}',
        "ConfigSchemaViolated",
        (3, 2, "port"),
        "integer",
    ),
    "dotenv, a duplicate key": ("dotenv", "A=1\nB=2\nA=3\n", "ImportInvalid", (3, 1, "A"), "in line 1"),
    "dotenv, no value": ("dotenv", "A=1\nB\n", "ImportInvalid", (2, 2, "B"), "no value"),
    "dotenv, an open quote": ("dotenv", 'A=1\nB="x\n', "ImportInvalid", (2, 3, "B"), "no closing quote"),
    "dotenv, a NUL": ("dotenv", "# some\n\nA=1\nB=x\0\n", "ConfigInvalid", (4, 1, "B"), "NUL"),
    "dotenv, more than 1 MiB": ("dotenv", "A=" + "x" * WHOLE, "ImportInvalid", (1, 1, ""), "1048578 bytes"),
    "properties, a duplicate key": (
        "properties",
        "a=1\nb=2\na=3\n",
        "ImportInvalid",
        (3, 0, "a"),
        "in line 1",
    ),
    "properties, a key in a value": (
        "properties",
        "a=1\na.b=2\n",
        "ImportInvalid",
        (2, 0, "a.b"),
        "in line 1",
    ),
    "properties, a NUL": ("properties", "#\na=1\nb=\\u0000\n", "ConfigInvalid", (3, 1, "b"), "NUL"),
    "properties, a key with a space": (
        "properties",
        "a=1\nb.c=2\n  x\\ y=1\n",
        "ConfigInvalid",
        (3, 3, "x y"),
        "only have",
    ),
}


@pytest.mark.parametrize(("form", "text", "code", "place", "words"), IMPORTS.values(), ids=IMPORTS)
async def test_a_text_of_another_form_that_cannot_be_a_config(
    shop: Http, form: str, text: str, code: str, place: tuple[int, int, str], words: str
) -> None:
    draft = {"name": "new", "text": text, "format": form, "extends": {"config": "base"}}
    async with nothing_happens(shop):
        error = assert_error(await shop.post(CONFIGS, json=draft), 422, code)
    found = error["place"]
    assert found["file"].partition("@")[0] == "config new"
    assert (found["line"], found["column"], found["key"]) == place, error
    assert words in error["message"], error
    assert error["hint"]


# --- parents --------------------------------------------------------------------------------------------

PARENTS: dict[str, tuple[dict[str, Any], int, str]] = {
    "no such config": ({"config": "none"}, 404, "ConfigNotFound"),
    "no such version": ({"config": "base", "version": 9}, 404, "ConfigVersionNotFound"),
    "no such tag": ({"config": "base", "version": "none"}, 404, "ConfigTagNotFound"),
    "a version below zero": ({"config": "base", "version": -1}, 404, "ConfigVersionNotFound"),
    "a version that no store holds": ({"config": "base", "version": 1 << 80}, 422, "ValueUnstorable"),
    "itself": ({"config": "shop"}, 422, "ConfigExtendsCycle"),
}


@pytest.mark.parametrize(("extends", "status", "code"), PARENTS.values(), ids=PARENTS)
async def test_a_parent_that_cannot_be(shop: Http, extends: dict[str, Any], status: int, code: str) -> None:
    body = {"text": GOOD, "extends": extends}
    ways: Mapping[str, Any] = {
        "created": lambda: shop.post(CONFIGS, json={"name": "new", **body}),
        "edited": lambda: shop.put(f"{CONFIGS}/shop", json=body),
        "its impact": lambda: shop.post(f"{CONFIGS}/shop/impact", json=body),
    }
    async with nothing_happens(shop):
        for way, act in ways.items():
            if (extends["config"], way) != ("shop", "created"):
                error = assert_error(await act(), status, code)
                assert error["hint"] or code == "ValueUnstorable"
        answer = await apply(shop, declared("shop", GOOD, f"extends: {json.dumps(extends)}"))
        error = assert_error(answer, answer.status_code, answer.json()["code"])
        assert error["place"]["file"] == "f0.yaml"
        assert error["place"]["line"] == OFFSET, error


# --- calls of triggers ----------------------------------------------------------------------------------

CALLS: dict[str, tuple[Any, str]] = {
    "a NUL": ("x\0", "NUL"),
    "a map": ({"a": 1}, "finds a map"),
    "a text that is too long": ("x" * 4097, "more than 4096 characters"),
    "a wrong type": ("http", "integer"),
}


@pytest.mark.parametrize(("value", "words"), CALLS.values(), ids=CALLS)
async def test_a_call_whose_value_cannot_be_fails_and_stores_nothing(
    shop: Http, anyone: Http, parts: Composed, value: Any, words: str
) -> None:
    await shop.put(f"{CONFIGS}/shop", json={"text": "port: 80\nb: x\n"})
    key = "port" if words == "integer" else "b"
    hook = await make(shop, anyone, keys=[{"key": key, "path": "v"}])
    async with nothing_happens(shop):
        assert (await hook.call({"v": value})).status_code == 202
        await parts.trigger_calls.look()
        (call,) = (await shop.get(f"{PROJECT}/triggers/ci/calls")).json()["items"]
    assert (call["state"], call["configVersion"]) == ("failed", 0)
    assert words in call["result"]
    assert key in call["result"]


async def test_a_call_that_does_not_come_in_leaves_nothing(shop: Http, anyone: Http, parts: Composed) -> None:
    """A wrong signature, an old one, a call that came before."""
    hook = await make(shop, anyone, keys=[{"key": "a", "path": "v"}])
    async with nothing_happens(shop):
        wrong = await hook.call({"v": 2}, secret="whsec_AAAA")
        old = await hook.call({"v": 2}, at=1)
        await parts.trigger_calls.look()
    for answer, code in ((wrong, "TriggerCallUnauthenticated"), (old, "TriggerCallExpired")):
        assert assert_error(answer, 401, code)["hint"]
    assert [(await hook.call({"v": 2})).status_code for _ in range(2)] == [202, 200]
    await parts.trigger_calls.look()
    assert (await shop.get(f"{CONFIGS}/shop")).json()["number"] == 2
    async with nothing_happens(shop):
        assert (await hook.call({"v": 2})).json()["state"] == "applied", "of the first time"
        await parts.trigger_calls.look()


@pytest.mark.parametrize("key", ["b", "a.b", "x y", "x\0y"])
async def test_a_trigger_for_a_key_that_is_not_there(shop: Http, key: str) -> None:
    draft = {"name": "ci", "config": "shop", "kind": "generic", "keys": [{"key": key, "path": "v"}]}
    async with nothing_happens(shop):
        error = assert_error(await shop.post(f"{PROJECT}/triggers", json=draft), 422, "TriggerKeyUnknown")
    assert error["hint"]
