"""Texts that cannot be a config: each its own error with its place, and nothing stored."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error

CONFIGS = f"{PROJECT}/configs"
GOOD = "a: 1\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)
)

CASES: dict[str, tuple[str, str, tuple[int, int], str]] = {
    # what: text, code, line and column (0 where there is none), part of a message
    "a duplicate key": ("a: 1\nb: 2\na: 3\n", "YamlInvalid", (3, 1), "a"),
    "a tab": ("a:\n\tb: 1\n", "YamlInvalid", (2, 1), "A tab cannot indent"),
    "anchors that explode": (BOMB, "YamlInvalid", (1, 0), "aliases resolved"),
    "a boolean key": ("ok: 1\nyes: 1\n", "ConfigInvalid", (2, 1), "read as bool"),
    "a number as key": ("ok:\n  1: x\n", "ConfigInvalid", (2, 3), "read as int"),
    "a null key": ("ok: 1\n~: x\n", "YamlInvalid", (2, 1), "cannot be a key"),
    "a dotted key that is a path too": (
        "a:\n  b: 1\na.b: 2\n",
        "ConfigInvalid",
        (3, 1),
        "already set in line 2",
    ),
    "a key with a space": ("x y: 1\n", "ConfigInvalid", (1, 1), "may only have"),
    "a key that is no file name": ("..x: 1\n", "ConfigInvalid", (1, 1), "name of a file"),
    "a key that is too long": (f"{'k' * 254}: 1\n", "ConfigInvalid", (1, 1), "254 characters"),
    "a NUL as escape": ('a: 1\nb: "x\\0"\n', "ConfigInvalid", (2, 4), "NUL"),
    "a NUL byte": ("a: 1\nb: x\x00\n", "YamlInvalid", (2, 0), ""),
    "a list at the top": ("- a\n", "ConfigInvalid", (1, 1), "map"),
    "a scalar at the top": ("just words\n", "ConfigInvalid", (1, 1), "map"),
    "two documents": ("a: 1\n---\nb: 1\n", "ConfigInvalid", (2, 1), "one document"),
    "an unknown tag": ("a: !int 3\n", "ConfigInvalid", (1, 4), "tag"),
    "a secret map": ("a: !secret\n  b: 1\n", "ConfigInvalid", (1, 4), "single value"),
    "a reference to no secret": ("a: 1\nb: !secret ref:none\n", "SecretNotFound", (2, 4), ""),
    "nesting without end": ("{a: " * 5000 + "1" + "}" * 5000, "YamlInvalid", (1, 0), ""),
    "more than 1 MiB": (f"a: {'x' * (1 << 20)}\n", "ConfigInvalid", (1, 1), "allowed are 1048576"),
    "an open bracket": ("a: 1\nb: [1,\n", "YamlInvalid", (2, 0), ""),
    "an unknown alias": ("a: 1\nb: *none\n", "YamlInvalid", (2, 0), "none"),
}


@pytest.mark.parametrize("what", CASES)
async def test_a_text_that_cannot_be_saved(admin: Http, what: str) -> None:
    text, code, (line, column), words = CASES[what]
    await admin.post(CONFIGS, json={"name": "shop", "text": GOOD})
    answers = {
        "created": await admin.post(CONFIGS, json={"name": "new", "text": text}),
        "edited": await admin.put(f"{CONFIGS}/shop", json={"text": text}),
    }
    for answer in answers.values():
        status = 404 if code == "SecretNotFound" else 422
        error = assert_error(answer, status, code)
        place = error["place"]
        assert place["file"] in ("config new", "config shop"), error
        assert (place["line"], place["column"] if column else 0) == (line, column), error
        assert words in f"{error['message']} {error['hint']}", error
        assert len(answer.text) < 5000
    assert_error(await admin.get(f"{CONFIGS}/new"), 404, "ConfigNotFound")
    assert (await admin.get(f"{CONFIGS}/shop")).json()["number"] == 1


async def test_a_body_of_10_mb_is_refused_before_it_is_read(admin: Http) -> None:
    answer = await admin.post(CONFIGS, json={"name": "new", "text": "a: " + "x" * 10_000_000})
    assert answer.status_code == 413
    assert_error(await admin.get(f"{CONFIGS}/new"), 404, "ConfigNotFound")


async def test_all_troubles_of_a_text_come_at_once(admin: Http) -> None:
    text = "yes: 1\nx y: 2\nz: !foo 3\n"
    error = assert_error(await admin.post(CONFIGS, json={"name": "new", "text": text}), 422, "ConfigInvalid")
    assert [detail["place"]["line"] for detail in error["details"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("extends", "status", "code"),
    [
        ({"config": "none"}, 404, "ConfigNotFound"),
        ({"config": "base", "version": 9}, 404, "ConfigVersionNotFound"),
        ({"config": "base", "version": "none"}, 404, "ConfigTagNotFound"),
        ({"config": "base", "version": -1}, 404, "ConfigVersionNotFound"),
        ({"config": "base", "version": 1 << 80}, 422, "ValueUnstorable"),
    ],
)
async def test_a_parent_that_is_not_there(
    admin: Http, extends: dict[str, Any], status: int, code: str
) -> None:
    await admin.post(CONFIGS, json={"name": "base", "text": GOOD})
    answer = await admin.post(CONFIGS, json={"name": "new", "text": GOOD, "extends": extends})
    assert_error(answer, status, code)
    assert_error(await admin.get(f"{CONFIGS}/new"), 404, "ConfigNotFound")
