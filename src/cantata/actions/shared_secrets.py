"""Secrets that triggers and webhooks share with the other side: made here, and followed by new ones."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from cantata.core.model.errors import SealedUnderLostKey
from cantata.core.model.rotation import RotatedSecret


def new_secret() -> str:
    """32 random bytes in the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def followed(before: Callable[[], RotatedSecret], secret: str, *, at_once: bool) -> RotatedSecret:
    """`secret` in place of the one `before`, which works for a while yet, or not any more `at_once`."""
    if not at_once:
        with suppress(SealedUnderLostKey):  # One that is lost with its key cannot go on working.
            return before().followed_by(secret, time.time())
    return RotatedSecret(secret)
