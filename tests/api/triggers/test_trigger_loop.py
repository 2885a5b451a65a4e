"""The loop that works calls off: order, leases, edits beside it."""

from __future__ import annotations

import asyncio
import time

from tests.api.conftest import PROJECT, Http, assert_error
from tests.api.triggers.conftest import Hook, calls, text_of

from cantata.server.compose import Composed


async def test_calls_and_edits_at_the_same_time_lose_nothing(
    hook: Hook, admin: Http, parts: Composed
) -> None:
    async def edit(number: int) -> None:
        text = {"changes": [{"key": "web.replicas", "value": str(number)}]}
        answer = await admin.post(f"{PROJECT}/configs/shop/changes", json=text)
        assert answer.is_success, answer.text

    for number in range(2, 12):
        await hook.call({"image": {"tag": f"v{number}"}}, f"d{number}")
    await asyncio.gather(parts.trigger_calls.look(), *(edit(number) for number in range(10, 20)))
    states = {call["state"] for call in await calls(admin)}
    number, text = await text_of(admin)
    assert states == {"applied"}
    assert number == 21
    assert "tag: v11 " in text


async def test_two_that_believe_to_hold_the_lease_act_once(hook: Hook, admin: Http, parts: Composed) -> None:
    for number in range(2, 8):
        await hook.call({"image": {"tag": f"v{number}"}}, f"d{number}")
    loop = parts.trigger_calls
    await asyncio.gather(loop.look(), loop.look())
    assert [call["configVersion"] for call in reversed(await calls(admin))] == [2, 3, 4, 5, 6, 7]


async def test_calls_wait_for_the_server_that_holds_the_lease(
    hook: Hook, admin: Http, parts: Composed
) -> None:
    store = parts.ports.store
    lease = await store.write(
        lambda records: records.leases.acquire("triggers", "another", now=time.time(), seconds=60)
    )
    assert lease is not None
    await hook.call({"image": {"tag": "v2"}})
    await parts.trigger_calls.look()
    assert (await calls(admin))[0]["state"] == "queued"
    await store.write(lambda records: records.leases.release(lease))
    await parts.trigger_calls.look()
    assert (await calls(admin))[0]["state"] == "applied"


async def test_the_loop_wakes_up_by_itself(hook: Hook, admin: Http, parts: Composed) -> None:
    running = asyncio.create_task(parts.trigger_calls.run())
    try:
        await hook.call({"image": {"tag": "v2"}})
        async with asyncio.timeout(20):
            while (await calls(admin))[0]["state"] == "queued":  # noqa: ASYNC110  # Only the API tells.
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert (await calls(admin))[0]["state"] == "applied"


async def test_a_call_that_failed_is_worked_off_again_when_somebody_says_so(
    hook: Hook, admin: Http, parts: Composed
) -> None:
    schema = {"schema": '{"properties": {"web": {"properties": {"tag": {"enum": ["v1"]}}}}}'}
    described = await admin.put(f"{PROJECT}/configs/shop/schema", json=schema)
    assert described.is_success, described.text
    await hook.call({"image": {"tag": "v2"}}, "d1")
    await parts.trigger_calls.look()
    (failed,) = await calls(admin)
    assert failed["state"] == "failed"
    retry = f"{PROJECT}/triggers/ci/calls/{failed['id']}/retry"
    assert (await admin.delete(f"{PROJECT}/configs/shop/schema")).is_success
    assert (await hook.call({"image": {"tag": "v2"}}, "d1")).json()["state"] == "failed", "a replay is none"
    queued = await admin.post(retry)
    assert (queued.status_code, queued.json()["state"]) == (202, "queued")
    await parts.trigger_calls.look()
    (applied,) = await calls(admin)
    assert (applied["state"], applied["configVersion"]) == ("applied", 2)
    assert "tag: v2 " in (await text_of(admin))[1]
    assert_error(await admin.post(retry), 409, "TriggerCallNotFailed")
    assert_error(await admin.post(retry.replace(failed["id"], "x")), 404, "TriggerCallNotFound")
