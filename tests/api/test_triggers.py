"""Triggers over HTTP: made, changed, tried, and what calls of theirs do."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error

from cantata.core.triggers import sign
from cantata.server.run import Composed

TRIGGERS = f"{PROJECT}/triggers"
TEXT = "web:\n  tag: v1  # set by CI\n  replicas: 2\npassword: !secret hunter2\n"
CI = {
    "name": "ci",
    "config": "shop",
    "kind": "generic",
    "keys": [{"key": "web.tag", "path": "image.tag"}],
}
HARBOR = {
    "name": "harbor",
    "config": "shop",
    "kind": "harbor",
    "images": [{"key": "web.tag", "repository": "shop/web", "pattern": "v.+"}],
}


class Hook:
    """A trigger that was made, and who calls it."""

    def __init__(self, http: Http, made: dict[str, Any]) -> None:
        self.http = http
        self.secret: str = made["secret"]
        self.id: str = made["info"]["id"]
        self.name: str = made["info"]["name"]
        self.path: str = made["info"]["path"]

    async def call(self, payload: Any, id_: str = "d1", *, secret: str = "", at: float | None = None) -> Any:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        now = int(time.time() if at is None else at)
        signature = sign(secret or self.secret, id_, now, body)
        headers = {"webhook-id": id_, "webhook-timestamp": str(now), "webhook-signature": signature}
        return await self.http.post(self.path, content=body, headers=headers)


@pytest.fixture
async def config(admin: Http) -> Http:
    await admin.post(f"{PROJECT}/configs", json={"name": "shop", "text": TEXT})
    return admin


@pytest.fixture
async def hook(config: Http, anyone: Http) -> Hook:
    return await make(config, anyone)


async def make(admin: Http, anyone: Http, **changes: Any) -> Hook:
    answer = await admin.post(TRIGGERS, json={**CI, **changes})
    assert answer.status_code == 201, answer.text
    return Hook(anyone, answer.json())


async def calls(admin: Http, name: str = "ci") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await admin.get(f"{TRIGGERS}/{name}/calls")).json()["items"]
    return items


async def text_of(admin: Http) -> tuple[int, str]:
    shown = (await admin.get(f"{PROJECT}/configs/shop")).json()
    return shown["number"], shown["text"]


# --- nouns ----------------------------------------------------------------------------------------------


async def test_a_trigger_is_made_shown_listed_and_deleted(config: Http) -> None:
    made = (await config.post(TRIGGERS, json=CI)).json()
    assert made["secret"].startswith("whsec_")
    info = made["info"]
    assert info["path"] == f"/api/v1/hooks/{info['id']}"
    assert (await config.get(f"{TRIGGERS}/ci")).json() == info
    assert (await config.get(TRIGGERS)).json()["items"] == [info]
    assert (await config.get(TRIGGERS, params={"config": "other"})).json()["items"] == []
    assert (await config.delete(f"{TRIGGERS}/ci")).status_code == 204
    assert_error(await config.get(f"{TRIGGERS}/ci"), 404, "TriggerNotFound")


async def test_the_secret_is_in_one_answer_only(config: Http) -> None:
    secret = (await config.post(TRIGGERS, json=CI)).json()["secret"]
    for path in (f"{TRIGGERS}/ci", TRIGGERS, f"{TRIGGERS}/ci/calls", f"{PROJECT}/audit"):
        assert secret not in (await config.get(path)).text


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "CI 1"}, 422, "NameInvalid"),
        ({"config": "nothing"}, 404, "ConfigNotFound"),
        ({"keys": [{"key": "web.image", "path": "a"}]}, 422, "TriggerKeyUnknown"),
        ({"keys": [{"key": "web", "path": "a"}]}, 422, "TriggerKeyUnknown"),
        ({"keys": [{"key": "web.tag", "path": "a["}]}, 422, "TriggerRuleInvalid"),
        ({"keys": []}, 422, "TriggerRuleInvalid"),
        ({"sources": ["somewhere"]}, 422, "TriggerRuleInvalid"),
        ({"kind": "svn"}, 422, "RequestInvalid"),
    ],
)
async def test_what_cannot_be_made(config: Http, change: dict[str, Any], status: int, code: str) -> None:
    assert_error(await config.post(TRIGGERS, json={**CI, **change}), status, code)
    assert (await config.get(TRIGGERS)).json()["items"] == []


@pytest.mark.usefixtures("hook")
async def test_a_taken_name(admin: Http) -> None:
    assert_error(await admin.post(TRIGGERS, json=CI), 409, "NameTaken")


@pytest.mark.usefixtures("hook")
async def test_edits_change_what_they_say(admin: Http) -> None:
    tag = (await admin.get(f"{TRIGGERS}/ci")).headers["etag"]
    edited = await admin.put(f"{TRIGGERS}/ci", json={"enabled": False}, headers={"If-Match": tag})
    assert edited.json()["enabled"] is False
    assert edited.json()["keys"] == [{"key": "web.tag", "path": "image.tag", "pattern": ""}]
    stale = await admin.put(f"{TRIGGERS}/ci", json={"enabled": True}, headers={"If-Match": tag})
    assert_error(stale, 409, "EditConflict")
    unknown = {"keys": [{"key": "nothing", "path": "a"}]}
    assert_error(await admin.put(f"{TRIGGERS}/ci", json=unknown), 422, "TriggerKeyUnknown")
    assert_error(await admin.put(f"{TRIGGERS}/other", json={"enabled": True}), 404, "TriggerNotFound")


@pytest.mark.usefixtures("hook")
async def test_a_config_with_a_trigger_is_in_use(admin: Http) -> None:
    error = assert_error(await admin.delete(f"{PROJECT}/configs/shop"), 409, "InUse")
    assert error["details"][0]["message"] == "trigger ci"


# --- calls that come in ---------------------------------------------------------------------------------


async def test_a_call_makes_one_version_with_its_cause(hook: Hook, admin: Http, parts: Composed) -> None:
    answer = await hook.call({"image": {"tag": "v2"}})
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["delivery"]) == ("queued", "d1")
    assert (await text_of(admin))[0] == 1, "the work is queued"
    await parts.trigger_calls.look()
    number, text = await text_of(admin)
    assert number == 2
    assert "  tag: v2  # set by CI\n  replicas: 2\n" in text
    (version, _) = (await admin.get(f"{PROJECT}/configs/shop/versions")).json()["items"]
    assert (version["author"], version["message"]) == ("trigger ci", "trigger ci: delivery d1")
    (call,) = await calls(admin)
    assert (call["state"], call["configVersion"]) == ("applied", 2)
    assert (call["cause"], call["result"]) == ("image.tag", "config shop@2: web.tag")


async def test_a_call_that_came_before_is_answered_with_what_became_of_it(
    hook: Hook, admin: Http, parts: Composed
) -> None:
    first = await hook.call({"image": {"tag": "v2"}})
    await parts.trigger_calls.look()
    again = await hook.call({"image": {"tag": "v2"}})
    assert again.status_code == 200
    assert again.json() == {**first.json(), "state": "applied", "result": "config shop@2: web.tag"}
    await parts.trigger_calls.look()
    assert (await text_of(admin))[0] == 2
    assert len(await calls(admin)) == 1


async def test_calls_are_worked_off_in_their_order(hook: Hook, admin: Http, parts: Composed) -> None:
    for number in range(2, 7):
        await hook.call({"image": {"tag": f"v{number}"}}, f"d{number}")
    await parts.trigger_calls.look()
    assert [call["configVersion"] for call in reversed(await calls(admin))] == [2, 3, 4, 5, 6]
    assert "tag: v6" in (await text_of(admin))[1]


@pytest.mark.parametrize(
    ("payload", "state", "result"),
    [
        ({"image": {"tag": "v1"}}, "unchanged", "no change: web.tag"),
        ({"other": 1}, "ignored", "the paths of the rules find nothing"),
        ([], "ignored", "the paths of the rules find nothing"),
        ({"image": {"tag": {"a": 1}}}, "failed", "the path image.tag finds a map"),
    ],
)
async def test_what_makes_no_version(
    hook: Hook, admin: Http, parts: Composed, payload: Any, state: str, result: str
) -> None:
    assert (await hook.call(payload)).status_code == 202
    await parts.trigger_calls.look()
    (call,) = await calls(admin)
    assert (call["state"], call["configVersion"]) == (state, 0)
    assert result in call["result"]
    assert (await text_of(admin))[0] == 1


async def test_a_key_that_went_meanwhile_fails_the_call(hook: Hook, admin: Http, parts: Composed) -> None:
    await admin.put(f"{PROJECT}/configs/shop", json={"text": "web:\n  replicas: 2\n"})
    await hook.call({"image": {"tag": "v2"}})
    await parts.trigger_calls.look()
    (call,) = await calls(admin)
    assert call["state"] == "failed"
    assert "web.tag" in call["result"]
    assert (await text_of(admin))[0] == 2


async def test_a_value_that_breaks_the_schema_fails_the_call_and_is_not_told_where_secret(
    config: Http, anyone: Http, parts: Composed
) -> None:
    version = {"type": "string", "pattern": "^v[0-9]+$"}
    schema = {"properties": {"web": {"properties": {"tag": version}}, "password": {"maxLength": 8}}}
    set_ = await config.put(f"{PROJECT}/configs/shop/schema", json={"schema": json.dumps(schema)})
    assert set_.is_success, set_.text
    keys = [{"key": "web.tag", "path": "tag"}, {"key": "password", "path": "password"}]
    hook = await make(config, anyone, keys=keys)
    await hook.call({"tag": "latest"})
    await hook.call({"password": "correct-horse"}, "d2")
    await parts.trigger_calls.look()
    secret, plain = await calls(config)
    assert (secret["state"], plain["state"]) == ("failed", "failed")
    assert "web.tag" in plain["result"]
    assert "password" in secret["result"]
    assert "correct-horse" not in secret["result"]
    assert (await text_of(config))[0] == 1


async def test_a_key_of_the_parent_is_set_in_the_config_itself(
    config: Http, anyone: Http, parts: Composed
) -> None:
    child = {"name": "dev", "text": "# nothing of its own\n", "extends": {"config": "shop"}}
    await config.post(f"{PROJECT}/configs", json=child)
    hook = await make(config, anyone, config="dev")
    await hook.call({"image": {"tag": "v2"}})
    await parts.trigger_calls.look()
    shown = (await config.get(f"{PROJECT}/configs/dev")).json()
    assert "tag: v2" in shown["text"]
    assert (await text_of(config))[0] == 1


async def test_a_secret_stays_one_and_is_told_nowhere(config: Http, anyone: Http, parts: Composed) -> None:
    hook = await make(config, anyone, keys=[{"key": "password", "path": "password"}])
    payload = {"password": "correct-horse"}
    tried = await config.post(f"{TRIGGERS}/ci/test", json=payload)
    assert tried.json()["keys"] == [{"key": "password", "old": "****", "new": "****", "changes": True}]
    await hook.call(payload)
    await parts.trigger_calls.look()
    number, text = await text_of(config)
    assert number == 2
    assert "!secret ref:" in text
    told = [tried.text, text, json.dumps(await calls(config)), (await config.get(f"{PROJECT}/audit")).text]
    assert not any("correct-horse" in each for each in told)
    await hook.call(payload, "d2")
    await parts.trigger_calls.look()
    assert [call["state"] for call in await calls(config)] == ["unchanged", "applied"]


async def test_a_registry_calls(config: Http, anyone: Http, parts: Composed) -> None:
    made = (await config.post(TRIGGERS, json=HARBOR)).json()
    repository = {"repo_full_name": "shop/web"}
    headers = {"Authorization": f"Bearer {made['secret']}"}

    def push(tag: str) -> dict[str, Any]:
        data = {"resources": [{"tag": tag, "digest": "sha256:" + "0" * 64}], "repository": repository}
        return {"type": "PUSH_ARTIFACT", "occur_at": 1, "event_data": data}

    for tag in ("v2", "latest", "v2"):
        await anyone.post(made["info"]["path"], json=push(tag), headers=headers)
    await parts.trigger_calls.look()
    told = [(call["state"], call["cause"], call["result"]) for call in await calls(config, "harbor")]
    assert told == [
        ("ignored", "shop/web:latest", "no rule is for shop/web:latest"),
        ("applied", "shop/web:v2", "config shop@2: web.tag"),
    ], "the same body again is the same call"


# --- calls that do not come in --------------------------------------------------------------------------


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


async def test_an_overheard_call_under_another_id_is_the_same_call(
    config: Http, anyone: Http, parts: Composed
) -> None:
    """GitHub does not sign the id of a delivery."""
    rules = [{"key": "web.tag", "repository": "shop/web"}]
    hook = await make(config, anyone, kind="github", keys=[], images=rules)
    body = json.dumps(
        {"action": "published", "release": {"tag_name": "v2"}, "repository": {"full_name": "shop/web"}}
    ).encode()
    signature = "sha256=" + hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()
    statuses = []
    for delivery in ("one", "two"):
        headers = {"X-Hub-Signature-256": signature, "X-GitHub-Delivery": delivery}
        statuses.append((await anyone.post(hook.path, content=body, headers=headers)).status_code)
    assert statuses == [202, 200]
    await parts.trigger_calls.look()
    (call,) = await calls(config)
    assert (call["delivery"], call["state"]) == ("one", "applied")


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


# --- what is kept ---------------------------------------------------------------------------------------


async def test_only_operators_see_payloads_and_that_is_recorded(
    hook: Hook, admin: Http, anyone: Http, tokens: dict[str, str]
) -> None:
    id_ = (await hook.call({"image": {"tag": "v2"}})).json()["call"]
    path = f"{TRIGGERS}/ci/calls/{id_}"
    editor = await anyone.get(path, headers={"Authorization": f"Bearer {tokens['editor']}"})
    assert_error(editor, 403, "Forbidden")
    operator = await anyone.get(path, headers={"Authorization": f"Bearer {tokens['operator']}"})
    assert json.loads(operator.json()["payload"]) == {"image": {"tag": "v2"}}
    record = (await admin.get(f"{PROJECT}/audit")).json()["items"][0]
    assert (record["actor"], record["verb"]) == ("the-operator", "read payload")
    assert_error(await admin.get(f"{TRIGGERS}/ci/calls/other"), 404, "TriggerCallNotFound")


@pytest.mark.usefixtures("hook")
async def test_a_trial_tells_and_does_nothing(admin: Http) -> None:
    trial = (await admin.post(f"{TRIGGERS}/ci/test", json={"image": {"tag": "v2"}})).json()
    assert trial["keys"] == [{"key": "web.tag", "old": "v1", "new": "v2", "changes": True}]
    assert "-  tag: v1  # set by CI\n+  tag: v2  # set by CI" in trial["diff"]
    assert trial["impact"]["applications"] == []
    assert (await text_of(admin))[0] == 1
    assert await calls(admin) == []
    nothing = (await admin.post(f"{TRIGGERS}/ci/test", json={})).json()
    assert (nothing["keys"], nothing["diff"], nothing["impact"]) == ([], "", None)
    assert_error(await admin.post(f"{TRIGGERS}/ci/test", content=b"{"), 422, "TriggerPayloadInvalid")


# --- the loop -------------------------------------------------------------------------------------------


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
