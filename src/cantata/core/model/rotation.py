"""A secret that two sides share and that is replaced without a moment in which both sides must change it."""

from __future__ import annotations

import msgspec

OVERLAP_SECONDS = 24 * 3600.0
"""How long the secret before still works after a rotation."""


class RotatedSecret(msgspec.Struct, frozen=True):
    """Kept sealed. The one before works until `previous_until` (seconds since the epoch)."""

    current: str
    previous: str = ""
    previous_until: float = 0.0

    def valid(self, now: float) -> tuple[str, ...]:
        return (
            (self.current, self.previous) if self.previous and now < self.previous_until else (self.current,)
        )

    def followed_by(self, secret: str, now: float) -> RotatedSecret:
        return RotatedSecret(secret, self.current, now + OVERLAP_SECONDS)

    def __repr__(self) -> str:
        return "RotatedSecret(****)"
