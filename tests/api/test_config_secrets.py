"""Secrets over HTTP: told on purpose and with a record, and by no other answer."""

from __future__ import annotations

import re

import pytest
from litestar import Litestar
from tests.api.conftest import PROJECT, Http, assert_error, chart

from cantata.server.compose import Composed

CONFIGS = f"{PROJECT}/configs"
BASE = "db:\n  host: db\n  password: !secret MARKED-base-1\nkeys: [plain, !secret MARKED-list-2]\n"
DEV = "token: !secret |\n  MARKED-block-3\n  MARKED-second-line-4\ndb: {port: 1}\n"


@pytest.fixture
async def secrets(admin: Http) -> Http:
    await admin.post(CONFIGS, json={"name": "base", "text": BASE})
    made = await admin.post(CONFIGS, json={"name": "dev", "text": DEV, "extends": {"config": "base"}})
    assert made.status_code == 201, made.text
    return admin


@pytest.mark.parametrize(
    ("key", "value", "origin"),
    [
        ("token", "MARKED-block-3\nMARKED-second-line-4\n", "config dev@1"),
        ("db.password", "MARKED-base-1", "config base@1"),
        ("keys", '["plain","MARKED-list-2"]', "config base@1"),
        ("keys.1", "MARKED-list-2", "config base@1"),
    ],
)
async def test_one_secret_is_revealed_and_not_kept_by_any_cache(
    secrets: Http, key: str, value: str, origin: str
) -> None:
    answer = await secrets.post(f"{CONFIGS}/dev/reveal", json={"key": key})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {"key": key, "value": value, "origin": origin}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"key": "db.host"}, 422, "ConfigKeyNotSecret"),
        ({"key": "keys.0"}, 422, "ConfigKeyNotSecret"),
        ({"key": "keys.2"}, 404, "ConfigKeyNotFound"),
        ({"key": "db"}, 404, "ConfigKeyNotFound"),
        ({"key": ""}, 404, "ConfigKeyNotFound"),
        ({"key": "token", "version": 9}, 404, "ConfigVersionNotFound"),
        ({"key": "token", "version": "prod"}, 404, "ConfigTagNotFound"),
        ({}, 422, "RequestInvalid"),
    ],
)
async def test_what_cannot_be_revealed(
    secrets: Http, body: dict[str, object], status: int, code: str
) -> None:
    error = assert_error(await secrets.post(f"{CONFIGS}/dev/reveal", json=body), status, code)
    assert "MARKED" not in str(error)


async def test_an_older_version_is_named_by_number_or_tag(parts: Composed, secrets: Http) -> None:
    await secrets.put(f"{CONFIGS}/dev", json={"text": "token: !secret MARKED-new\n"})
    await parts.ports.store.write(
        lambda records: records.configs.tag(records.configs.get("default", "dev"), "prod", 1)
    )
    for version, value in (
        (1, "MARKED-block"),
        ("prod", "MARKED-block"),
        (2, "MARKED-new"),
        (None, "MARKED-new"),
    ):
        body = {"key": "token", "version": version}
        answer = await secrets.post(f"{CONFIGS}/dev/reveal", json=body)
        assert answer.json()["value"].startswith(value)


async def test_who_revealed_what_is_in_the_audit_without_the_value(
    secrets: Http, anyone: Http, tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['operator']}"}
    assert (
        await anyone.post(f"{CONFIGS}/dev/reveal", json={"key": "db.password"}, headers=headers)
    ).is_success
    refused = {"Authorization": f"Bearer {tokens['editor']}"}
    answer = await anyone.post(f"{CONFIGS}/dev/reveal", json={"key": "db.password"}, headers=refused)
    assert_error(answer, 403, "Forbidden")
    listed = await secrets.get(f"{PROJECT}/audit")
    second, first = listed.json()["items"][:2]
    assert (first["actor"], first["verb"], first["noun"], first["name"]) == (
        "the-operator", "reveal", "config", "dev",
    )  # fmt: skip
    assert first["detail"] == "db.password of version 1, from config base@1"
    assert (second["actor"], second["verb"]) == ("the-editor", "reveal refused")
    assert "MARKED" not in listed.text


def reads(app: Litestar, names: dict[str, str]) -> list[str]:
    """The path of every route that is read by GET, with names of things that are there."""
    found = []
    for route in app.routes:
        if "GET" in route.methods and not route.path.endswith("/events"):
            noun = next((noun for noun in names if f"/{noun}/" in route.path), "")
            path = route.path.replace("{project:str}", "default")
            found.append(re.sub(r"\{\w+:\w+\}", names.get(noun, "some"), path))
    return found


@pytest.mark.usefixtures("secrets")
async def test_no_answer_of_any_other_route_tells_a_secret(parts: Composed, shop: Http) -> None:
    files = {"templates/web.yaml": "{{ fail .Values.token }}"}
    await shop.post(f"{PROJECT}/templates/leaky/versions", content=chart("leaky", files))
    draft = {"name": "app", "template": "leaky", "config": "dev"}
    headers = {"Idempotency-Key": "one"}
    answers = [
        await shop.post(f"{PROJECT}/applications", json=draft),
        await shop.post(f"{CONFIGS}/dev/impact", json={"text": DEV.replace("MARKED-block", "MARKED-other")}),
        *[
            await shop.put(f"{CONFIGS}/dev", json={"text": text})
            for text in (
                f"{DEV}again: !secret MARKED-5\n",
                f"{DEV}token: 1\n",
                f"{DEV}yes: !secret MARKED-6\n",
            )
        ],
        *[
            await shop.post(CONFIGS, json={"name": "c", "text": "a: !secret MARKED-7\n"}, headers=headers)
            for _ in range(2)
        ],
        await shop.post(CONFIGS, json={"name": "d", "text": "a: !secret MARKED-8\n  b: 1\n"}),
        await shop.post(CONFIGS, json={"name": "d", "text": "a: !secret MARKED-9\nb: !secret {x: MARKED}\n"}),
    ]
    names = {"configs": "dev", "templates": "leaky", "applications": "app", "clusters": "default"}
    paths = reads(parts.app, names)
    assert len(paths) > 10
    answers += [await shop.get(path) for path in paths]
    assert sum(answer.is_success for answer in answers) > 10
    for answer in answers:
        assert "MARKED" not in answer.text, (answer.request.url, answer.text)
