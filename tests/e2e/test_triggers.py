"""Calls of triggers survive the server that took them in."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
from tests.e2e.conftest import DEADLINE, Server

from cantata.client import Client
from cantata.contract.triggers import KeyRule, TriggerCallInfo, TriggerDraft
from cantata.core.triggers import sign

CALLS = 60


async def test_calls_of_a_killed_server_are_worked_off_once_and_in_order(tmp_path: Path) -> None:
    own = Server(tmp_path, CANTATA_LEASE_SECONDS="1")
    own.start()
    try:
        async with own.client() as client:
            await client.configs.create("dev", "web:\n  tag: v0\n")
            draft = TriggerDraft("ci", "dev", "generic", keys=(KeyRule("web.tag", "tag"),))
            made = await client.triggers.create(draft)
        async with aiohttp.ClientSession(own.url) as session:
            for number in range(1, CALLS + 1):
                await call(session, made.info.path, made.secret, number)
        own.kill()
        own.start()
        async with own.client() as client:
            ended = await all_ended(client)
            assert {each.state for each in ended} == {"applied"}
            assert [each.config_version for each in reversed(ended)] == list(range(2, CALLS + 2))
            assert (await client.configs.show("dev")).text == f"web:\n  tag: v{CALLS}\n"
    finally:
        code = own.stop()
    assert code == 0, own.log


async def call(session: aiohttp.ClientSession, path: str, secret: str, number: int) -> None:
    body, id_, now = b'{"tag": "v%d"}' % number, f"d{number}", int(time.time())
    signature = sign(secret, id_, now, body)
    headers = {"webhook-id": id_, "webhook-timestamp": str(now), "webhook-signature": signature}
    async with session.post(path, data=body, headers=headers) as answer:
        assert answer.status == 202, await answer.text()


async def all_ended(client: Client) -> list[TriggerCallInfo]:
    async with asyncio.timeout(DEADLINE):
        while True:
            calls = [each async for each in client.triggers.calls("ci")]
            if all(each.ended_at for each in calls):
                return calls
            await asyncio.sleep(0.1)
