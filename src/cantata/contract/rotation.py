"""New secrets for old ones."""

from __future__ import annotations

import msgspec


class RotateRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The secret before works for another day, unless it ends `at_once`."""

    at_once: bool = False
