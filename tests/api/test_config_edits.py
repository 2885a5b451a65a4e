"""Changes of configs over HTTP beside saving the text: keys, merges, copies, names, labels, rollback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.api.conftest import PROJECT, SHOP, Http, assert_error

CONFIGS = f"{PROJECT}/configs"
TEXT = """\
# The shop.
db:
    host: "db"   # where the data lies
    port: 5432
colours: [red, green]
"""


@pytest.fixture
async def shop_config(admin: Http) -> Http:
    await create(admin, "shop", TEXT)
    return admin


async def create(http: Http, name: str, text: str, **more: Any) -> None:
    made = await http.post(CONFIGS, json={"name": name, "text": text, **more})
    assert made.status_code == 201, made.text


async def text_of(http: Http, name: str, version: str = "") -> str:
    shown = await http.get(f"{CONFIGS}/{name}", params={"version": version})
    text: str = shown.json()["text"]
    return text


async def change(http: Http, *changes: dict[str, Any], tag: str = "", message: str = "") -> Any:
    headers = {"If-Match": tag} if tag else {}
    return await http.post(
        f"{CONFIGS}/shop/changes", json={"changes": changes, "message": message}, headers=headers
    )


async def test_keys_are_set_and_the_rest_stays_as_it_was_written(shop_config: Http) -> None:
    changed = await change(
        shop_config,
        {"key": "db.host", "value": "db-2"},
        {"key": "db.pool.size", "value": "5"},
        {"key": "colours", "remove": True},
        message="a larger pool",
    )
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"'), changed.text
    assert changed.json()["message"] == "a larger pool"
    expected = TEXT.replace('"db" ', "db-2 ").replace("colours: [red, green]\n", "")
    assert await text_of(shop_config, "shop") == expected.replace(
        "port: 5432\n", "port: 5432\n    pool:\n        size: 5\n"
    )


async def test_keys_that_have_these_values_make_no_version(shop_config: Http) -> None:
    for value in ('"db"', '"db"'):
        assert (await change(shop_config, {"key": "db.host", "value": value})).json()["number"] == 1
    secret = {"key": "password", "secret": "hunter2"}
    assert [(await change(shop_config, secret)).json()["number"] for _ in range(2)] == [2, 2]


async def test_a_secret_is_set_and_told_nowhere(shop_config: Http) -> None:
    answers = [
        await change(shop_config, {"key": "db.password", "secret": 'hun"ter\n2: #'}),
        await shop_config.get(f"{CONFIGS}/shop/effective"),
        await shop_config.get(f"{PROJECT}/audit"),
    ]
    assert all(answer.is_success for answer in answers)
    assert "hun" not in "".join(answer.text for answer in answers)
    assert "password: !secret ref:" in answers[0].json()["text"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([], "RequestInvalid"),
        ([{"key": "a"}], "RequestInvalid"),
        ([{"key": "", "value": "1"}], "RequestInvalid"),
        ([{"key": "a", "value": "1", "remove": True}], "RequestInvalid"),
        ([{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], "RequestInvalid"),
        ([{"key": "a", "value": 1}], "RequestInvalid"),
        ([{"key": "none", "remove": True}], "ConfigChangeInvalid"),
        ([{"key": "a", "value": "[1,"}], "ConfigChangeInvalid"),
        ([{"key": "db", "value": "1"}, {"key": "db.host", "value": "1"}], "ConfigChangeInvalid"),
        ([{"key": "db.host.name", "value": "1"}], "ConfigChangeInvalid"),
        ([{"key": "a b", "value": "1"}], "ConfigInvalid"),
        ([{"key": "a", "value": '"\\0"'}], "ConfigInvalid"),
        ([{"key": "a", "secret": "x\0y"}], "ConfigInvalid"),
        ([{"key": "a", "value": "*none"}], "ConfigChangeInvalid"),
    ],
)
async def test_a_change_that_cannot_be(shop_config: Http, changes: list[Any], code: str) -> None:
    assert_error(await change(shop_config, *changes), 422, code)
    assert await text_of(shop_config, "shop") == TEXT


async def test_changes_honour_if_match(shop_config: Http) -> None:
    await change(shop_config, {"key": "a", "value": "1"})
    late = await change(shop_config, {"key": "a", "value": "2"}, tag='"1"')
    assert_error(late, 409, "EditConflict")
    assert (await change(shop_config, {"key": "a", "value": "2"}, tag='"2"')).json()["number"] == 3


async def test_a_late_edit_is_merged_and_then_saved(shop_config: Http) -> None:
    await shop_config.put(f"{CONFIGS}/shop", json={"text": TEXT.replace('"db"', "db-2")})
    mine = TEXT.replace("red", "blue  , red") + "# mine\npassword: !secret hunter2\n"
    saved = await shop_config.put(f"{CONFIGS}/shop", json={"text": mine}, headers={"If-Match": '"1"'})
    assert_error(saved, 409, "EditConflict")
    merged = (await shop_config.post(f"{CONFIGS}/shop/merge", json={"base": 1, "text": mine})).json()
    assert (merged["against"], merged["conflicts"]) == (2, [])
    assert [each["key"] for each in merged["taken"]] == ["colours", "password"]
    assert merged["text"] == mine.replace('"db"', "db-2")
    body = {"text": merged["text"]}
    saved = await shop_config.put(f"{CONFIGS}/shop", json=body, headers={"If-Match": '"2"'})
    assert saved.json()["number"] == 3


async def test_what_both_changed_is_a_conflict_by_key(shop_config: Http) -> None:
    await shop_config.put(f"{CONFIGS}/shop", json={"text": TEXT.replace("5432", "5433")})
    mine = TEXT.replace("5432", "!secret hunter2").replace("red", "blue")
    answer = await shop_config.post(f"{CONFIGS}/shop/merge", json={"base": 1, "text": mine})
    merged = answer.json()
    assert "hunter2" not in answer.text
    (conflict,) = merged["conflicts"]
    sides = {side: conflict[side]["text"] for side in ("base", "theirs", "mine")}
    assert (conflict["key"], sides) == ("db.port", {"base": "5432", "theirs": "5433", "mine": "****"})
    assert ("5433" in merged["text"], "blue" in merged["text"]) == (True, True)


@pytest.mark.parametrize(
    ("base", "text", "status", "code"),
    [
        (7, TEXT, 404, "ConfigVersionNotFound"),
        (1, "a: [1", 422, "YamlInvalid"),
        (1, "yes: 1\n", 422, "ConfigInvalid"),
    ],
)
async def test_a_merge_that_cannot_be(
    shop_config: Http, base: int, text: str, status: int, code: str
) -> None:
    answer = await shop_config.post(f"{CONFIGS}/shop/merge", json={"base": base, "text": text})
    assert_error(answer, status, code)


async def test_a_copy_has_the_text_the_parent_and_the_secrets(admin: Http) -> None:
    await create(admin, "base", "a: 1\n")
    await create(admin, "dev", "b: !secret hunter2\n", extends={"config": "base"})
    await admin.put(f"{CONFIGS}/dev", json={"text": "b: 2\n"})
    body = {"name": "qa", "version": 1, "labels": {"stage": "qa"}}
    made = (await admin.post(f"{CONFIGS}/dev/copy", json=body)).json()
    assert (made["config"], made["number"], made["message"]) == ("qa", 1, "copied from dev@1")
    assert made["text"] == await text_of(admin, "dev", "1")
    assert made["extends"] == {"config": "base", "version": None}
    listed = (await admin.get(CONFIGS, params={"label": "stage=qa"})).json()["items"]
    assert [(item["name"], item["labels"]) for item in listed] == [("qa", {"stage": "qa"})]
    assert_error(await admin.post(f"{CONFIGS}/dev/copy", json=body), 409, "NameTaken")
    assert_error(await admin.post(f"{CONFIGS}/dev/copy", json={"name": "A"}), 422, "NameInvalid")
    assert_error(await admin.post(f"{CONFIGS}/none/copy", json={"name": "b"}), 404, "ConfigNotFound")


async def test_users_and_children_follow_a_new_name(shop: Http) -> None:
    await create(shop, "qa", "a: 1\n", extends={"config": "dev"})
    await shop.post(f"{PROJECT}/applications", json=SHOP)
    renamed = await shop.patch(f"{CONFIGS}/dev", json={"name": "development"})
    assert renamed.json()["name"] == "development"
    assert_error(await shop.get(f"{CONFIGS}/dev"), 404, "ConfigNotFound")
    child = (await shop.get(f"{CONFIGS}/qa")).json()
    assert child["extends"]["config"] == "development"
    application = (await shop.get(f"{PROJECT}/applications/shop-dev")).json()
    assert application["config"] == "development"
    leaves = (await shop.get(f"{CONFIGS}/qa/effective")).json()["items"]
    assert {leaf["origin"] for leaf in leaves} == {"config development@1", "config qa@1"}
    refused = assert_error(await shop.delete(f"{CONFIGS}/development"), 409, "InUse")
    users = [detail["message"] for detail in refused["details"]]
    assert users == ["application shop-dev", "config qa"]
    await create(shop, "other", "a: 1\n")
    assert_error(await shop.patch(f"{CONFIGS}/other", json={"name": "qa"}), 409, "NameTaken")
    assert_error(await shop.patch(f"{CONFIGS}/other", json={"name": "Q A"}), 422, "NameInvalid")


async def test_labels_are_set_taken_away_and_searched(admin: Http) -> None:
    await create(admin, "dev", "a: 1\n", labels={"stage": "dev", "team": "shop"})
    await create(admin, "prod", "a: 1\n", labels={"stage": "Dev", "x/team": "shop"})
    patched = await admin.patch(f"{CONFIGS}/dev", json={"labels": {"team": None, "owner": "ann"}})
    assert patched.json()["labels"] == {"owner": "ann", "stage": "dev"}
    assert patched.json()["latest"] == 1

    async def found(*labels: str) -> list[str]:
        answer = await admin.get(CONFIGS, params={"label": list(labels)})
        return [item["name"] for item in answer.json()["items"]]

    assert await found("stage=dev") == ["dev"]
    assert await found("stage=Dev") == ["prod"]
    assert await found("stage=dev", "owner=ann") == ["dev"]
    assert await found("stage=dev", "owner=bob") == await found("team=shop") == await found("age=dev") == []
    assert_error(await admin.get(CONFIGS, params={"label": 'a":=%'}), 422, "LabelInvalid")
    assert_error(await admin.get(CONFIGS, params={"label": "a"}), 422, "RequestInvalid")
    bad = {"name": "qa", "text": "a: 1\n", "labels": {"a b": "c"}}
    assert_error(await admin.post(CONFIGS, json=bad), 422, "LabelInvalid")


async def test_configs_are_found_by_key_and_value_of_one_entry(admin: Http) -> None:
    await create(admin, "dev", "db: {host: db-dev, password: !secret hunter2}\nlist: [hunter2]\n")
    await create(admin, "prod", "db: {host: db-prod}\nhost: db-dev\n")

    async def found(**params: str) -> list[str]:
        return [item["name"] for item in (await admin.get(CONFIGS, params=params)).json()["items"]]

    assert await found(key="db.host") == ["dev", "prod"]
    assert await found(key="db.host", value="prod") == ["prod"]
    assert await found(value="db-dev") == ["dev", "prod"]
    assert await found(key="password", value="hunter2") == []
    assert await found(key="password") == await found(value="hunter2") == ["dev"]
    await admin.put(f"{CONFIGS}/dev", json={"text": "a: 1\n"})
    assert await found(key="password") == []


async def test_a_rollback_is_a_new_version_equal_to_the_old(admin: Http) -> None:
    await create(admin, "base", "a: 1\n")
    await create(admin, "dev", "b: 1  # one\nc: !secret x\n", extends={"config": "base", "version": 1})
    await admin.put(f"{CONFIGS}/dev", json={"text": "b: 2\n", "extends": None})
    rolled = (await admin.post(f"{CONFIGS}/dev/rollback", json={"version": 1})).json()
    assert (rolled["number"], rolled["message"]) == (3, "rolled back to dev@1")
    assert rolled["text"] == await text_of(admin, "dev", "1")
    assert rolled["extends"] == {"config": "base", "version": 1}
    again = await admin.post(f"{CONFIGS}/dev/rollback", json={"version": 1})
    assert again.json()["number"] == 3
    stale = {"If-Match": '"2"'}
    late = await admin.post(f"{CONFIGS}/dev/rollback", json={"version": 2}, headers=stale)
    assert_error(late, 409, "EditConflict")
    gone = await admin.post(f"{CONFIGS}/dev/rollback", json={"version": 9})
    assert_error(gone, 404, "ConfigVersionNotFound")
    records = (await admin.get(f"{PROJECT}/audit")).json()["items"]
    assert (records[0]["verb"], records[0]["detail"]) == ("roll back", "version 3")


@pytest.mark.parametrize(
    ("path", "body"),
    [("changes", {"changes": [{"key": "a", "value": "1"}]}), ("rollback", {"version": 1}), ("", {})],
)
@pytest.mark.usefixtures("shop_config")
async def test_a_viewer_changes_nothing(
    anyone: Http, tokens: dict[str, str], path: str, body: dict[str, Any]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['viewer']}"}
    method = "POST" if path else "PATCH"
    url = f"{CONFIGS}/shop/{path}".rstrip("/")
    assert_error(await anyone.request(method, url, json=body, headers=headers), 403, "Forbidden")


async def test_keys_that_many_set_at_once_are_all_there(shop_config: Http) -> None:
    async def writer(number: int) -> list[int]:
        numbers = []
        for step in range(10):
            changed = await change(shop_config, {"key": f"w{number}.k{step}", "value": str(step)})
            assert changed.status_code == 200, changed.text
            numbers.append(changed.json()["number"])
        return numbers

    numbers = [number for each in await asyncio.gather(*map(writer, range(8))) for number in each]
    assert sorted(numbers) == list(range(2, 82))
    leaves = (await shop_config.get(f"{CONFIGS}/shop/effective")).json()["items"]
    keys = {leaf["key"] for leaf in leaves}
    assert keys >= {f"w{number}.k{step}" for number in range(8) for step in range(10)}
