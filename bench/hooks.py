"""Calls of a trigger at a steady rate: how soon each is answered, and whether the config got all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from cantata.client import Client
from cantata.contract.triggers import KeyRule, TriggerDraft
from cantata.core.triggers import sign

RATE = 100
"""Calls a second."""
CALLS = 1000


@dataclass(frozen=True, slots=True)
class Hooks:
    """`floor` and `p95` are seconds until the answer, of `/healthz` and of the trigger at the same rate,
    `drained` those until the last call had ended; `lost` counts calls that made no version."""

    floor: float
    p95: float
    worst: float
    drained: float
    lost: int


async def call_hooks(client: Client, url: str) -> Hooks:
    """Each call sets another value, so each must make a version."""
    await client.configs.create("hooks", "web:\n  tag: v0\nother: 1\n")
    made = await client.triggers.create(
        TriggerDraft("hooks", "hooks", "generic", keys=(KeyRule("web.tag", "tag"),))
    )
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=0)) as session:

        async def floor(_number: int) -> None:
            async with session.get("/healthz") as answer:
                await answer.read()

        async def call(number: int) -> None:
            body = b'{"tag": "v%d"}' % (number + 1)
            now = int(time.time())
            headers = {
                "webhook-id": str(number),
                "webhook-timestamp": str(now),
                "webhook-signature": sign(made.secret, str(number), now, body),
            }
            async with session.post(made.info.path, data=body, headers=headers) as answer:
                answer.raise_for_status()
                await answer.read()

        floors = await _steadily(floor)
        times = await _steadily(call)
    done = time.monotonic()
    while any(  # noqa: ASYNC110  # Only the API tells.
        [call.state == "queued" async for call in client.triggers.calls("hooks")]
    ):
        await asyncio.sleep(0.2)
    drained = time.monotonic() - done
    versions = (await client.configs.show("hooks")).number - 1
    at = int(CALLS * 0.95)
    return Hooks(floors[at], times[at], times[-1], drained, CALLS - versions)


async def _steadily(send: Callable[[int], Awaitable[None]]) -> list[float]:
    """Seconds that each took, sorted; one begins when its time has come, whether others have ended or not."""
    began = time.monotonic()

    async def one(number: int) -> float:
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        sent = time.monotonic()
        await send(number)
        return time.monotonic() - sent

    return sorted(await asyncio.gather(*map(one, range(CALLS))))
