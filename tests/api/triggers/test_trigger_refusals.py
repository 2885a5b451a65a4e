"""Calls that are not taken in, or are known already."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.api.conftest import Http, assert_error
from tests.api.triggers.conftest import HARBOR, TRIGGERS, Hook, calls, make, text_of

from cantata.actions.receive_call import WAITING_CALLS
from cantata.api.hooks import BODY_BYTES
from cantata.core.model.triggers import CallState
from cantata.ports.store import Records
from cantata.server.compose import Composed


async def test_who_does_not_hold_the_secret_learns_nothing(hook: Hook, admin: Http) -> None:
    wrong = await hook.call({"image": {"tag": "v2"}}, secret="whsec_AAAA")
    hook.path = "/api/v1/hooks/nothing"
    unknown = await hook.call({"image": {"tag": "v2"}})
    assert assert_error(wrong, 401, "TriggerCallUnauthenticated") == unknown.json()
    assert await calls(admin) == []


async def test_disabled_and_unknown_look_alike_without_the_secret(hook: Hook, admin: Http) -> None:
    await admin.put(f"{TRIGGERS}/ci", json={"enabled": False, "sources": ["192.0.2.0/24"]})
    wrong = await hook.call({"image": {"tag": "v2"}}, secret="whsec_AAAA")
    assert_error(wrong, 401, "TriggerCallUnauthenticated")
    assert_error(await hook.call({"image": {"tag": "v2"}}), 403, "TriggerDisabled")
    await admin.put(f"{TRIGGERS}/ci", json={"enabled": True})
    assert_error(await hook.call({"image": {"tag": "v2"}}), 403, "TriggerSourceRefused")
    await admin.put(f"{TRIGGERS}/ci", json={"sources": ["127.0.0.0/8"]})
    assert (await hook.call({"image": {"tag": "v2"}})).status_code == 202


async def test_a_claimed_address_does_not_count(hook: Hook, admin: Http, anyone: Http) -> None:
    await admin.put(f"{TRIGGERS}/ci", json={"sources": ["192.0.2.0/24"]})
    anyone.headers["X-Forwarded-For"] = "192.0.2.1"
    assert_error(await hook.call({}), 403, "TriggerSourceRefused")


async def test_an_old_call_has_expired(hook: Hook, admin: Http) -> None:
    assert_error(await hook.call({}, at=time.time() - 400), 401, "TriggerCallExpired")
    assert await calls(admin) == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 10_000, b"a=1&b=2"])
async def test_a_body_that_is_no_json(hook: Hook, admin: Http, body: bytes) -> None:
    assert_error(await hook.call(body), 422, "TriggerPayloadInvalid")
    assert await calls(admin) == []


async def test_a_body_that_is_too_large(hook: Hook, admin: Http) -> None:
    assert (await hook.call(b'"%s"' % (b"x" * (1 << 20 - 2))[:1000])).status_code == 202
    assert_error(await hook.call(b'"%s"' % (b"x" * (1 << 20)), "d2"), 413, "BodyTooLarge")
    assert len(await calls(admin)) == 1


class GitHub:
    """It signs the body of a delivery, but neither its id nor its time."""

    def __init__(self, hook: Hook) -> None:
        self.hook = hook

    async def deliver(self, tag: str, delivery: str) -> Any:
        release = {"action": "published", "release": {"tag_name": tag}}
        body = json.dumps({**release, "repository": {"full_name": "shop/web"}}).encode()
        signature = hmac.new(self.hook.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": delivery}
        return await self.hook.http.post(self.hook.path, content=body, headers=headers)


@pytest.fixture
async def github(config: Http, anyone: Http) -> GitHub:
    rules = [{"key": "web.tag", "repository": "shop/web"}]
    return GitHub(await make(config, anyone, kind="github", keys=[], images=rules))


async def test_an_overheard_call_under_another_id_is_the_same_call(
    github: GitHub, config: Http, parts: Composed
) -> None:
    assert (await github.deliver("v2", "one")).status_code == 202
    assert (await github.deliver("v2", "two")).status_code == 200
    assert (await github.deliver("v2", "one")).status_code == 200
    await parts.trigger_calls.look()
    (call,) = await calls(config)
    assert (call["delivery"], call["state"]) == ("one", "applied")


async def test_an_id_that_somebody_used_up_holds_no_other_call_back(
    github: GitHub, config: Http, parts: Composed
) -> None:
    """Or a replay could be sent under the id of a call that is still to come."""
    assert (await github.deliver("v2", "one")).status_code == 202
    assert (await github.deliver("v2", "next")).status_code == 200
    assert (await github.deliver("v3", "next")).status_code == 202
    await parts.trigger_calls.look()
    assert "tag: v3" in (await text_of(config))[1]


def ignore_what_waits(records: Records) -> None:
    for call in records.triggers.queued(9):
        records.triggers.finish(call, CallState.IGNORED, cause="", result="", config_version=0, keep=1)


async def test_a_replay_does_nothing_long_after_the_call_was_kept(
    github: GitHub, config: Http, parts: Composed
) -> None:
    first = await github.deliver("v2", "one")
    await parts.trigger_calls.look()
    store = parts.ports.store
    for number in range(3, 5):
        await github.deliver(f"v{number}", "newer")
        await store.write(ignore_what_waits)
    assert [call["delivery"] for call in await calls(config)] == ["newer"]
    for delivery in ("one", "another"):
        again = await github.deliver("v2", delivery)
        assert again.status_code == 200
        assert again.json() == {**first.json(), "state": "applied"}
    await parts.trigger_calls.look()
    assert (await text_of(config))[0] == 2


async def test_a_rotated_secret_works_beside_the_old_one_or_alone(hook: Hook, admin: Http) -> None:
    rotated = (await admin.post(f"{TRIGGERS}/ci/secret", json={})).json()["secret"]
    assert rotated != hook.secret
    assert (await hook.call({}, "d1")).status_code == 202
    assert (await hook.call({}, "d2", secret=rotated)).status_code == 202
    last = (await admin.post(f"{TRIGGERS}/ci/secret", json={"atOnce": True})).json()["secret"]
    assert_error(await hook.call({}, "d3", secret=rotated), 401, "TriggerCallUnauthenticated")
    assert (await hook.call({}, "d4", secret=last)).status_code == 202


async def test_docker_hub_shows_its_secret_in_the_query(config: Http, anyone: Http) -> None:
    hook = await make(config, anyone, kind="dockerhub", keys=[], images=HARBOR["images"])
    push = {"push_data": {"tag": "v2"}, "repository": {"repo_name": "shop/web"}}
    wrong = await anyone.post(hook.path, json=push, params={"token": "x"})
    assert_error(wrong, 401, "TriggerCallUnauthenticated")
    assert (await anyone.post(hook.path, json=push, params={"token": hook.secret})).status_code == 202


async def test_what_is_over_the_limit_is_not_read_to_its_end(hook: Hook, admin: Http) -> None:
    """Not even where nothing says how long it is."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 64 * BODY_BYTES:
            sent += BODY_BYTES // 4
            yield b"x" * (BODY_BYTES // 4)

    answer = await hook.http.post(hook.path, content=endless())
    assert_error(answer, 413, "BodyTooLarge")
    assert sent <= 2 * BODY_BYTES
    assert await calls(admin) == []


async def test_a_full_queue_refuses_and_keeps_what_it_took(hook: Hook, admin: Http, parts: Composed) -> None:
    store = parts.ports.store
    trigger = await store.read(lambda records: records.triggers.get("default", "ci"))

    def fill(records: Records) -> None:
        for number in range(WAITING_CALLS):
            records.triggers.receive(
                trigger,
                identity=f"id:w{number}",
                delivery=f"w{number}",
                source="",
                payload=b"{}",
                waiting=WAITING_CALLS,
                remember=WAITING_CALLS,
            )

    await store.write(fill)
    answer = await hook.call({"image": {"tag": "v2"}})
    assert_error(answer, 503, "TriggerQueueFull")
    assert answer.headers["retry-after"] == "30"
    assert (await hook.call({}, "w7")).status_code == 200, "it waits already"
    other = await make(admin, hook.http, name="other")
    assert (await other.call({})).status_code == 202
    await parts.trigger_calls.look()
    assert (await hook.call({"image": {"tag": "v2"}})).status_code == 202, "the refused call was not kept"
    waiting = await store.read(lambda records: records.triggers.queued(2000))
    assert len(waiting) == WAITING_CALLS - 20 + 2
    assert [call.delivery for call in waiting[:2]] == ["w20", "w21"]
