"""Paths into payloads: JMESPath without what multiplies.

Functions and the making of lists and maps are refused. What is left only walks down, so an expression takes
time in proportion to its length and to the payload, whoever wrote either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

MAX_LENGTH = 300
ALLOWED = frozenset(
    {
        "and_expression",
        "comparator",
        "current",
        "field",
        "filter_projection",
        "flatten",
        "identity",
        "index",
        "index_expression",
        "literal",
        "not_expression",
        "or_expression",
        "pipe",
        "projection",
        "slice",
        "subexpression",
        "value_projection",
    }
)

Search = Callable[[Any], Any]


class PathInvalid(ValueError):
    """Not an error of the API: who reads a rule says which one it is."""


def compile_path(text: str) -> Search:
    """What the path finds in a value; None for nothing. Raises `PathInvalid`."""
    if not text or len(text) > MAX_LENGTH:
        raise PathInvalid(f"is not 1 to {MAX_LENGTH} characters long")
    try:
        expression = jmespath.compile(text)
    except (JMESPathError, RecursionError) as error:
        raise PathInvalid(f"is no JMESPath: {str(error).splitlines()[0].rstrip(':')}") from error
    if word := _refused(expression.parsed):
        raise PathInvalid(f"uses {word.replace('_', ' ')}; paths walk down, with indexes and filters")

    def search(value: Any) -> Any:
        try:
            return expression.search(value)
        except (JMESPathError, RecursionError, TypeError):
            return None  # Such as a comparison of values that cannot be compared: nothing is found.

    return search


def _refused(node: Any) -> str:
    """The first kind of expression that is not allowed."""
    if not isinstance(node, dict):  # The numbers of a slice.
        return ""
    if node["type"] not in ALLOWED:
        return str(node["type"])
    return next(filter(None, map(_refused, node["children"])), "")
