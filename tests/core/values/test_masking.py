"""Secrets in what a template made of them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cantata.core.values import mask, secret_texts

VALUES = {
    "db": {"password": "hunter2", "host": "db"},
    "keys": ["first-key", {"name": "second-key"}],
    "pin": "7",
    "empty": "",
    "number": 5,
}
SECRETS = secret_texts(
    VALUES, [("db", "password"), ("keys",), ("pin",), ("empty",), ("number",), ("gone", "x")]
)


def test_secrets_are_found_by_path_in_lists_too_and_as_base64() -> None:
    plain = {"hunter2", "first-key", "second-key", "7"}
    assert plain | {base64.b64encode(text.encode()).decode() for text in plain} == SECRETS


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("hunter2", "****"),
        ("postgres://app:hunter2@db/x", "postgres://app:****@db/x"),
        ({"env": [{"value": "hunter2"}, {"value": 5}]}, {"env": [{"value": "****"}, {"value": 5}]}),
        ({"hunter2": True, "host": "db"}, {"****": True, "host": "db"}),
        (f"basic {base64.b64encode(b'hunter2').decode()}", "basic ****"),
        ("7", "****"),
        ("17 of 70", "17 of 70"),
        (None, None),
    ],
)
def test_every_secret_text_is_masked(value: Any, shown: Any) -> None:
    assert mask(value, SECRETS) == shown


def test_a_secret_that_is_a_part_of_another_leaves_no_rest() -> None:
    assert mask("x hunter2-long y", {"hunter2", "hunter2-long"}) == "x **** y"
