"""Errors of one text, told with the places of another: the file that it stands in, or what it was made of."""

from __future__ import annotations

import re
from collections.abc import Callable

from cantata.errors import CantataError, Detail, Place

OTHER_LINE = re.compile(r" in line (\d+)\b")
"""How messages name a second place in the same text."""


def move_error(error: CantataError, move: Callable[[Place], Place]) -> None:
    """Itself and its details. Where `move` finds no line for one that a message names, that is left out."""

    def moved(detail: Detail) -> Detail:
        def line(match: re.Match[str]) -> str:
            there = move(Place(detail.place.file, int(match[1]))).line
            return f" in line {there}" if there else ""

        return Detail(OTHER_LINE.sub(line, detail.message), move(detail.place))

    of_itself = moved(Detail(error.message, error.place))
    error.message, error.place = of_itself.message, of_itself.place
    error.details = tuple(map(moved, error.details))
