"""Configs over HTTP: versions, conflicts, bad texts, secrets."""

from __future__ import annotations

import asyncio

import pytest
from tests.api.conftest import PROJECT, Http, assert_error

CONFIGS = f"{PROJECT}/configs"
BASE = {"name": "base", "text": "host: db  # where the data lies\nport: 5432\n", "message": "first"}


async def test_a_config_is_created_edited_and_shown_as_it_was_written(admin: Http) -> None:
    made = await admin.post(CONFIGS, json=BASE)
    assert made.status_code == 201
    assert (made.json()["number"], made.json()["author"]) == (1, "the-admin")
    edited = await admin.put(f"{CONFIGS}/base", json={"text": "host: db2\n"})
    assert edited.json()["number"] == 2
    assert edited.headers["etag"] == '"2"'
    shown = await admin.get(f"{CONFIGS}/base", params={"version": 1})
    assert shown.json()["text"] == BASE["text"]
    listed = (await admin.get(f"{CONFIGS}/base/versions")).json()["items"]
    assert [(version["number"], version["text"]) for version in listed] == [(2, ""), (1, "")]


async def test_equal_content_makes_no_version(admin: Http) -> None:
    await admin.post(CONFIGS, json=BASE)
    again = await admin.put(f"{CONFIGS}/base", json={"text": BASE["text"]})
    assert again.json()["number"] == 1


async def test_the_parent_stays_unless_the_edit_names_another_or_none(admin: Http) -> None:
    await admin.post(CONFIGS, json=BASE)
    dev = {"name": "dev", "text": "a: 1\n", "extends": {"config": "base", "version": None}}
    await admin.post(CONFIGS, json=dev)
    kept = await admin.put(f"{CONFIGS}/dev", json={"text": "a: 2\n"})
    assert kept.json()["extends"] == {"config": "base", "version": None}
    alone = await admin.put(f"{CONFIGS}/dev", json={"text": "a: 2\n", "extends": None})
    assert (alone.json()["number"], alone.json()["extends"]) == (3, None)


async def test_of_two_edits_of_one_version_the_second_is_refused(admin: Http) -> None:
    await admin.post(CONFIGS, json=BASE)
    tag = (await admin.get(f"{CONFIGS}/base")).headers["etag"]
    edits = [
        admin.put(f"{CONFIGS}/base", json={"text": f"host: {host}\n"}, headers={"If-Match": tag})
        for host in ("one", "two")
    ]
    answers = sorted(await asyncio.gather(*edits), key=lambda answer: answer.status_code)
    assert answers[0].status_code == 200
    assert_error(answers[1], 409, "EditConflict")
    assert (await admin.get(f"{CONFIGS}/base")).json()["number"] == 2


async def test_a_taken_name_and_a_bad_one(admin: Http) -> None:
    await admin.post(CONFIGS, json=BASE)
    assert_error(await admin.post(CONFIGS, json=BASE), 409, "NameTaken")
    assert_error(await admin.post(CONFIGS, json={**BASE, "name": "Shop_1"}), 422, "NameInvalid")


async def test_broken_yaml_is_named_by_its_line(admin: Http) -> None:
    answer = await admin.post(CONFIGS, json={"name": "bad", "text": "a: 1\nb: [1,\nc: 2\n"})
    error = assert_error(answer, 422, "YamlInvalid")
    assert error["place"]["line"] > 0
    assert_error(await admin.get(f"{CONFIGS}/bad"), 404, "ConfigNotFound")


async def test_a_used_parent_cannot_be_deleted(admin: Http) -> None:
    await admin.post(CONFIGS, json=BASE)
    await admin.post(CONFIGS, json={"name": "dev", "text": "a: 1\n", "extends": {"config": "base"}})
    error = assert_error(await admin.delete(f"{CONFIGS}/base"), 409, "InUse")
    assert error["details"][0]["message"] == "config dev"
    assert (await admin.delete(f"{CONFIGS}/dev")).status_code == 204
    assert (await admin.delete(f"{CONFIGS}/base")).status_code == 204
    assert_error(await admin.get(f"{CONFIGS}/base"), 404, "ConfigNotFound")


async def test_a_secret_comes_back_nowhere(admin: Http) -> None:
    text = "db:\n  password: !secret hunter2\n"
    answers = [
        await admin.post(CONFIGS, json={"name": "shop", "text": text}),
        await admin.get(f"{CONFIGS}/shop"),
        await admin.get(f"{CONFIGS}/shop/effective"),
        await admin.get(f"{PROJECT}/audit"),
    ]
    assert all(answer.is_success for answer in answers)
    assert not any("hunter2" in answer.text for answer in answers)
    leaf = answers[2].json()["items"][0]
    assert (leaf["key"], leaf["value"], leaf["secret"]) == ("db.password", "****", True)


async def test_a_secret_with_the_value_that_it_has_makes_no_version(
    admin: Http, subtests: pytest.Subtests
) -> None:
    text = "password: !secret hunter2\nkeys: [!secret one, ref:two, {a: !secret three}]\n"
    await admin.post(CONFIGS, json={"name": "shop", "text": text})
    stored = (await admin.get(f"{CONFIGS}/shop")).json()["text"]
    for given, number in (
        (text, 1),
        (stored, 1),
        (text.replace("hunter2", '"hunter2"'), 1),
        (text.replace("three", "3"), 2),
        (text.replace("ref:two", "!secret two"), 3),
        (text, 4),
    ):
        with subtests.test(given):
            saved = (await admin.put(f"{CONFIGS}/shop", json={"text": given})).json()
            assert saved["number"] == number
            assert saved["text"].partition("\n")[0] == stored.partition("\n")[0]


async def test_effective_entries_name_the_layer_and_line_that_give_them(admin: Http) -> None:
    await admin.post(CONFIGS, json=BASE)
    await admin.post(CONFIGS, json={"name": "dev", "text": "port: 1\n", "extends": {"config": "base"}})
    leaves = {leaf["key"]: leaf for leaf in (await admin.get(f"{CONFIGS}/dev/effective")).json()["items"]}
    assert (leaves["host"]["value"], leaves["host"]["origin"]) == ("db", "config base@1")
    assert (leaves["port"]["value"], leaves["port"]["origin"], leaves["port"]["line"]) == (
        1,
        "config dev@1",
        1,
    )


async def test_pages_hold_every_item_once(admin: Http, subtests: pytest.Subtests) -> None:
    expected = [f"c{number}" for number in range(5)]
    for name in expected:
        await admin.post(CONFIGS, json={"name": name, "text": "a: 1\n"})
    for limit in (1, 2, 5, 100):
        with subtests.test(str(limit)):
            assert await _names(admin, limit) == expected


async def _names(admin: Http, limit: int) -> list[str]:
    names: list[str] = []
    after = ""
    while True:
        page = (await admin.get(CONFIGS, params={"limit": limit, "after": after})).json()
        assert len(page["items"]) <= limit
        names += [item["name"] for item in page["items"]]
        after = page["next"]
        if not after:
            return names


async def test_a_search_is_part_of_the_name(admin: Http) -> None:
    for name in ("shop-dev", "shop-prod", "blog"):
        await admin.post(CONFIGS, json={"name": name, "text": "a: 1\n"})
    found = (await admin.get(CONFIGS, params={"search": "shop"})).json()["items"]
    assert [item["name"] for item in found] == ["shop-dev", "shop-prod"]


async def test_a_repeated_request_with_its_key_acts_once(admin: Http) -> None:
    headers = {"Idempotency-Key": "k1"}
    first, second = await asyncio.gather(
        admin.post(CONFIGS, json=BASE, headers=headers), admin.post(CONFIGS, json=BASE, headers=headers)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len((await admin.get(CONFIGS)).json()["items"]) == 1


async def test_a_key_with_another_request_is_a_conflict(
    admin: Http, anyone: Http, tokens: dict[str, str]
) -> None:
    headers = {"Idempotency-Key": "k1"}
    await admin.post(CONFIGS, json=BASE, headers=headers)
    other = await admin.post(CONFIGS, json={**BASE, "name": "other"}, headers=headers)
    assert_error(other, 409, "IdempotencyKeyReused")
    somebody = {**headers, "Authorization": f"Bearer {tokens['editor']}"}
    assert_error(await anyone.post(CONFIGS, json=BASE, headers=somebody), 409, "IdempotencyKeyReused")


async def test_a_request_that_failed_may_be_tried_again_with_its_key(admin: Http) -> None:
    headers = {"Idempotency-Key": "k1"}
    body = {**BASE, "extends": {"config": "root"}}
    assert_error(await admin.post(CONFIGS, json=body, headers=headers), 404, "ConfigNotFound")
    await admin.post(CONFIGS, json={"name": "root", "text": "a: 1\n"})
    assert (await admin.post(CONFIGS, json=body, headers=headers)).status_code == 201


async def test_every_change_is_in_the_audit_list(admin: Http) -> None:
    await admin.post(CONFIGS, json=BASE)
    await admin.put(f"{CONFIGS}/base", json={"text": "host: db2\n"})
    await admin.delete(f"{CONFIGS}/base")
    records = (await admin.get(f"{PROJECT}/audit")).json()["items"]
    assert [(record["actor"], record["verb"], record["name"]) for record in records] == [
        ("the-admin", "delete", "base"),
        ("the-admin", "edit", "base"),
        ("the-admin", "create", "base"),
    ]
