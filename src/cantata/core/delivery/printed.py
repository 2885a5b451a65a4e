"""What a template prints for a value: Go's `%v`, as `{{ .Values.key }}` does it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cantata.core.model.charts import Numbers

LEAST, MOST = -(1 << 63), (1 << 64) - 1
"""Integers that stay such with `numbers: exact`."""


def printed(value: Any, numbers: Numbers) -> str:
    """Empty for null: there is nothing at such a key."""
    return "" if value is None else _printed(value, numbers)


def _printed(value: Any, numbers: Numbers) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and numbers is Numbers.EXACT and LEAST <= value <= MOST:
        return str(value)
    if isinstance(value, int | float):
        return _float(float(value))
    if isinstance(value, list):
        return f"[{' '.join(_printed(item, numbers) for item in value)}]"
    return f"map[{' '.join(f'{key}:{_printed(value[key], numbers)}' for key in sorted(value))}]"


def _float(value: float) -> str:
    """`FormatFloat(value, 'g', -1, 64)`: the fewest digits, with an exponent below 1e-4 and from 1e6 on."""
    sign, digits, _ = (number := Decimal(repr(value)).normalize()).as_tuple()
    text = "".join(map(str, digits))
    exponent = number.adjusted() if value else 0
    minus = "-" * sign
    if not -4 <= exponent < 6:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        return f"{minus}{text[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{minus}0.{'0' * (-exponent - 1)}{text}"
    whole, fraction = text[: exponent + 1].ljust(exponent + 1, "0"), text[exponent + 1 :]
    return f"{minus}{whole}.{fraction}" if fraction else f"{minus}{whole}"
