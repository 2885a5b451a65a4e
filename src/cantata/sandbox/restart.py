"""When a process that died comes back: a pure rule."""

from __future__ import annotations

from collections.abc import Sequence

WINDOW = 60.0
"""Seconds after which a death is forgotten."""
DELAYS = (0.1, 0.5, 1.0, 2.0, 4.0)
"""Seconds to wait after the first, second … death within the window."""


def restart_delay(deaths: Sequence[float], now: float) -> float | None:
    """Seconds until the next attempt, or None when the process has died too often and stays down.

    `deaths` are the times at which it died, this one included, on the same clock as `now`.
    """
    recent = sum(1 for death in deaths if now - death < WINDOW)
    return DELAYS[recent - 1] if recent <= len(DELAYS) else None
