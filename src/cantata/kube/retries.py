"""Trying a request again."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cantata.kube.errors import KubeError
from cantata.kube.limits import Limits

T = TypeVar("T")


class TryAgain(Exception):
    """One attempt failed with `error`; another one makes sense, after `pause` seconds if that is given."""

    def __init__(self, error: KubeError, attempts: int, pause: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.attempts = attempts
        self.pause = pause


async def retrying(attempt: Callable[[], Awaitable[T]], limits: Limits) -> T:
    """What `attempt` gives at last; the error of its last `TryAgain` where the limits end it."""
    last_start = time.monotonic() + limits.retry_seconds
    for number in itertools.count(1):
        try:
            return await attempt()
        except TryAgain as again:
            pause = again.pause
            if pause is None:
                pause = limits.retry_pause * 2 ** (number - 1)
            pause *= random.uniform(1.0, 1.2)
            if number >= again.attempts or time.monotonic() + pause > last_start:
                raise again.error from again.error.__cause__
            await asyncio.sleep(pause)
    raise AssertionError("an endless count ended")


def parse_seconds(text: str) -> float | None:
    """A Retry-After in seconds; its other form, a date, is not used by API servers and counts as none."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None
