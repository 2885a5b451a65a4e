"""A server over a database whose key file was lost: clear errors, lists that work, and the way back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.api.conftest import PROJECT, Http, assert_error, in_process
from tests.api.triggers.conftest import CI, TRIGGERS, Hook

from cantata.server import key_rotation
from cantata.server.compose import Composed, composed
from cantata.settings import Settings, load_settings

CONFIGS = f"{PROJECT}/configs"
BASE = "db:\n  password: !secret correct-horse\n  user: app\n"
DEV = "api:\n  token: !secret battery-staple\n"
SCHEMA = json.dumps({"properties": {"db": {"properties": {"password": {"minLength": 8}}}}})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"CANTATA_DATA_DIR": str(tmp_path / "data"), "CANTATA_WORKERS": "1"})


@pytest.fixture
async def hook(settings: Settings) -> dict[str, str]:
    """Before the loss: a parent and a child with secrets and a schema, and a trigger."""
    async with composed(settings, lambda _: None) as parts, client(settings, parts) as http:
        for name, text, extends in (("shop", BASE, None), ("dev", DEV, {"config": "shop"})):
            made = await http.post(CONFIGS, json={"name": name, "text": text, "extends": extends})
            assert made.is_success, made.text
        assert (await http.put(f"{CONFIGS}/shop/schema", json={"schema": SCHEMA})).is_success
        rule = [{"key": "db.user", "path": "user"}]
        made = await http.post(TRIGGERS, json={**CI, "keys": rule})
        assert made.is_success, made.text
        found: dict[str, str] = made.json()
        return found


@pytest.fixture
async def later(settings: Settings, hook: dict[str, str]) -> AsyncIterator[Composed]:
    assert hook
    settings.key_file.rename(settings.key_file.with_name("lost"))
    await key_rotation.replace_lost(settings)
    async with composed(settings, lambda _: None) as parts:
        yield parts


def client(settings: Settings, parts: Composed) -> Http:
    http = in_process(parts.app)
    http.headers["Authorization"] = f"Bearer {settings.admin_token_file.read_text().strip()}"
    return http


@pytest.fixture
async def http(settings: Settings, later: Composed) -> AsyncIterator[Http]:
    async with client(settings, later) as http:
        yield http


async def test_lists_and_texts_are_there(http: Http) -> None:
    for path in (CONFIGS, f"{CONFIGS}/dev", f"{CONFIGS}/dev/versions", TRIGGERS, f"{PROJECT}/clusters"):
        answer = await http.get(path)
        assert answer.status_code == 200, (path, answer.text)


async def test_what_cannot_be_read_names_the_secret_and_what_to_do(http: Http) -> None:
    error = assert_error(await http.get(f"{CONFIGS}/dev/effective"), 409, "SecretUnreadable")
    told = [each["message"] for each in error["details"]]
    assert told == [
        "secret api.token of config dev@1 cannot be read",
        "secret db.password of config shop@1 cannot be read",
    ]
    assert error["place"]["key"] == "api.token"
    assert "cantata config set dev --secret api.token" in error["hint"]


async def test_secrets_are_set_anew_one_by_one_and_the_last_is_held_against_the_schema(http: Http) -> None:
    """Neither the child's nor the parent's loss keeps the other's from being set."""
    plain = {"changes": [{"key": "db.user", "value": "admin"}]}
    assert (await http.post(f"{CONFIGS}/shop/changes", json=plain)).is_success
    token = {"changes": [{"key": "api.token", "secret": "new-token"}]}
    answer = await http.post(f"{CONFIGS}/dev/changes", json=token)
    assert answer.is_success, answer.text
    short = {"changes": [{"key": "db.password", "secret": "short"}]}
    assert_error(await http.post(f"{CONFIGS}/shop/changes", json=short), 422, "ConfigSchemaViolated")
    password = {"changes": [{"key": "db.password", "secret": "new-password"}]}
    assert (await http.post(f"{CONFIGS}/shop/changes", json=password)).is_success
    leaves = (await http.get(f"{CONFIGS}/dev/effective")).json()["items"]
    assert {leaf["key"] for leaf in leaves} == {"api.token", "db.password", "db.user"}


async def test_a_trigger_takes_calls_again_with_a_new_secret(
    http: Http, later: Composed, hook: dict[str, object]
) -> None:
    async with in_process(later.app) as anyone:
        caller = Hook(anyone, hook)
        assert_error(await caller.call({"user": "b"}), 401, "TriggerCallUnauthenticated")
        rotated = await http.post(f"{TRIGGERS}/ci/secret", json={})
        caller.secret = rotated.json()["secret"]
        assert (await caller.call({"user": "b"})).status_code == 202
