"""When a delivery is tried again."""

from __future__ import annotations

ATTEMPTS = 7
GROWTH = 4.0
GONE = 410
"""The status by which a receiver says that it wants no more."""


def delivered(status: int) -> bool:
    return 200 <= status < 300


def pause_after(attempts: int, status: int, first: float) -> float | None:
    """Seconds until the next try after so many; None when there is none."""
    if attempts >= ATTEMPTS or status == GONE:
        return None
    return first * GROWTH ** (attempts - 1)
