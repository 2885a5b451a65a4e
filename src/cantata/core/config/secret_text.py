"""A secret value that neither prints nor serialises itself."""

from __future__ import annotations

import hmac
from typing import Any, NoReturn

MASK = "****"
"""What stands wherever a secret would be shown."""


class SecretText:
    """Holds one secret. `str`, `repr` and `format` give the mask; JSON encoders and pickle refuse it; only
    `reveal()` gives the value, so that every place which does is found by searching for that word."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretText):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((SecretText, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be serialised")

    def __copy__(self) -> SecretText:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> SecretText:
        return self
