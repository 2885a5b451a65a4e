"""What Helm would print in another way than it is written."""

from __future__ import annotations

from typing import Any

import pytest

from cantata.core.export.texts import printed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        (1000000, "1000000"),
        (2**53, None),
        (1.5, "1.5"),
        (2.0, "2"),
        (1e-7, None),
        (1e30, None),
        ([], "[]"),
        ([1, "a", None, True, 1.0], '[1,"a",null,true,1]'),
        ({"b": 1, "a": [{"d": 0.5, "c": "<&>"}]}, '{"a":[{"c":"<&>","d":0.5}],"b":1}'),
        (["tab\t"], None),
        ({"a": 1e-9}, None),
    ],
)
def test_what_is_certain_is_told(value: Any, text: str | None) -> None:
    assert printed(value) == text
