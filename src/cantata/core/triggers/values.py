"""A value from outside, written as the type that its key has."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec

from cantata.core.config import yaml_scalar

INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")

Scalar = str | int | float | bool | Decimal


def value_text(value: Scalar, present: Any) -> str:
    """One YAML value. A key that holds a text keeps one: `1.30` does not become a number there. Where it
    holds a whole number or a boolean, a text that is one is written as such."""
    if isinstance(present, str):
        return yaml_scalar(scalar_text(value))
    if isinstance(value, str):
        boolean = isinstance(present, bool) and value in ("true", "false")
        number = isinstance(present, int) and not isinstance(present, bool) and INTEGER.fullmatch(value)
        return value if boolean or number else yaml_scalar(value)
    return yaml_scalar(msgspec.Raw(str(value).encode())) if isinstance(value, Decimal) else yaml_scalar(value)


def scalar_text(value: Scalar) -> str:
    """As it stood in the JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def same_as_present(value: Scalar, present: Any) -> bool:
    """Whether the key has this value already, so that nothing has to be written."""
    if isinstance(present, str):
        return scalar_text(value) == present
    return isinstance(present, int | float) and scalar_text(value) == scalar_text(present)
