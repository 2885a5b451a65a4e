"""Triggers over HTTP: made, changed, tried and deleted."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error
from tests.api.triggers.conftest import CI, TRIGGERS, calls, text_of


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
