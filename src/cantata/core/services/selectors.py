"""Label selectors in two forms: a plain map, as in Services, and `matchLabels` with `matchExpressions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Labels = Mapping[str, Any]

OPERATORS: Mapping[str, Callable[[Any, tuple[Any, ...]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _values: value is not None,
    "DoesNotExist": lambda value, _values: value is None,
}


def selects_plainly(selector: Any, labels: Labels) -> bool:
    """A Service's selector; an empty one selects nothing."""
    if not isinstance(selector, dict) or not selector:
        return False
    return all(labels.get(key) == value for key, value in selector.items())


def selects(selector: Any, labels: Labels) -> bool:
    """A label selector; an empty one selects everything, an absent one nothing, nor does one of a wrong
    shape."""
    if not isinstance(selector, dict):
        return False
    plain, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or []
    if not isinstance(plain, dict) or not isinstance(expressions, list):
        return False
    return all(labels.get(key) == value for key, value in plain.items()) and all(
        _holds(expression, labels) for expression in expressions
    )


def _holds(expression: Any, labels: Labels) -> bool:
    if not isinstance(expression, dict):
        return False
    operator = OPERATORS.get(str(expression.get("operator")))
    values = expression.get("values") or []
    if operator is None or not isinstance(values, list):
        return False
    return operator(labels.get(str(expression.get("key"))), tuple(values))
