"""What calls that are taken in do to the config."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error
from tests.api.triggers.conftest import HARBOR, TRIGGERS, Hook, calls, make, text_of

from cantata.server.compose import Composed


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
