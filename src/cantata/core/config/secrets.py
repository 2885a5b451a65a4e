"""A secret value that cannot be printed or serialised by accident."""

from __future__ import annotations

from typing import NoReturn

MASK = "****"


class SecretText:
    """Shows as `****` wherever it is printed or formatted; `reveal()` is the only way to its text.

    It is no msgspec type and no JSON type, so that encoding it raises, and it does not pickle.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretText) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")
