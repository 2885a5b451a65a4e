"""The history of configs over HTTP: versions, tags, differences, who set what, trees, comparisons."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import PROJECT, SHOP, Http, assert_error

CONFIGS = f"{PROJECT}/configs"
FIRST = "db:\n  host: db  # here\n  port: 5432\npassword: !secret one\nold: 1\n"
SECOND = "db:\n  host: db  # there\n  port: '5432'\npassword: !secret one\nnew: [1, a]\n"
THIRD = SECOND.replace("one", "two").replace("there", "everywhere")


async def save(http: Http, name: str, *texts: str, **more: Any) -> None:
    for number, text in enumerate(texts):
        body = {"text": text, "message": f"edit {number}", **more}
        if number == 0 and (await http.get(f"{CONFIGS}/{name}")).status_code == 404:
            answer = await http.post(CONFIGS, json={"name": name, **body})
        else:
            answer = await http.put(f"{CONFIGS}/{name}", json=body)
        assert answer.is_success, answer.text


@pytest.fixture
async def shop_config(admin: Http) -> Http:
    await save(admin, "shop", FIRST, SECOND, THIRD)
    return admin


async def get(http: Http, path: str, **params: Any) -> Any:
    answer = await http.get(f"{CONFIGS}/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_versions_come_newest_first_with_their_tags(shop_config: Http) -> None:
    for tag, version in (("prod", 1), ("qa", 1), ("next", "prod")):
        await shop_config.put(f"{CONFIGS}/shop/tags/{tag}", json={"version": version})
    versions = (await get(shop_config, "shop/versions"))["items"]
    assert [(each["number"], each["tags"], each["message"], each["text"]) for each in versions] == [
        (3, [], "edit 2", ""),
        (2, [], "edit 1", ""),
        (1, ["next", "prod", "qa"], "edit 0", ""),
    ]
    page = await get(shop_config, "shop/versions", limit=2)
    assert page["next"] == "2"
    rest = await get(shop_config, "shop/versions", limit=2, after="2")
    assert [each["number"] for each in rest["items"]] == [1]


async def test_a_diff_is_by_key_with_types_and_tells_no_secret(shop_config: Http) -> None:
    found = await get(shop_config, "shop/diff", **{"from": 1, "to": 2})
    assert (found["old"], found["new"], found["unchanged"]) == (1, 2, 2)
    changes = {each["key"]: each for each in found["changes"]}
    assert {key: each["kind"] for key, each in changes.items()} == {
        "db.port": "changed",
        "old": "removed",
        "new": "added",
    }
    port = changes["db.port"]
    assert (port["old"]["type"], port["new"]["type"], port["typeChanged"]) == ("integer", "string", True)
    assert (changes["new"]["old"], changes["new"]["new"]["value"]) == (None, [1, "a"])
    later = await get(shop_config, "shop/diff", **{"from": 2})
    (secret,) = later["changes"]
    assert (secret["key"], secret["old"]["value"], secret["new"]["text"]) == ("password", "****", "****")


async def test_a_secret_with_the_same_value_under_another_id_is_unchanged(shop_config: Http) -> None:
    """The first version's value again, after another one."""
    await shop_config.put(f"{CONFIGS}/shop", json={"text": FIRST})
    found = await get(shop_config, "shop/diff", **{"from": 1, "to": 4})
    assert (found["changes"], found["unchanged"]) == ([], 4)
    assert (await get(shop_config, "shop", version=1))["text"] != (await get(shop_config, "shop"))["text"]


async def test_texts_are_compared_with_references_for_secrets(shop_config: Http) -> None:
    found = await get(shop_config, "shop/diff/text", **{"from": 1, "to": 2})
    lines = found["text"].splitlines()
    assert lines[:2] == ["--- shop@1", "+++ shop@2"]
    assert ("-  host: db  # here" in lines, "+  host: db  # there" in lines) == (True, True)
    assert " password: !secret one" not in lines
    assert (await get(shop_config, "shop/diff/text", **{"from": 3}))["text"] == ""


async def test_each_key_names_the_version_that_last_set_it(
    shop_config: Http, subtests: pytest.Subtests
) -> None:
    await save(shop_config, "shop", THIRD.replace("'5432'", "5432"), THIRD.replace("db  #", "db2  #"))
    expected = {
        1: {"db.host": 1, "db.port": 1, "password": 1, "old": 1},
        2: {"db.host": 1, "db.port": 2, "password": 1, "new": 2},
        3: {"db.host": 1, "db.port": 2, "password": 3, "new": 2},
        4: {"db.host": 1, "db.port": 4, "password": 3, "new": 2},
        5: {"db.host": 5, "db.port": 5, "password": 3, "new": 2},
    }
    for version, keys in expected.items():
        with subtests.test(version=version):
            rows = (await get(shop_config, "shop/blame", version=version))["items"]
            assert {row["key"]: row["version"] for row in rows} == keys
    assert (rows[1]["author"], rows[1]["message"], rows[2]["value"]) == ("the-admin", "edit 1", "****")
    assert rows[0]["createdAt"]


async def test_a_walk_back_reads_as_many_versions_as_it_needs(admin: Http) -> None:
    await save(admin, "shop", *(f"a: 1\nb: {number}\n" for number in range(50)), "c: 1\n")
    rows = (await get(admin, "shop/blame", version=48))["items"]
    assert [(row["key"], row["version"]) for row in rows] == [("a", 1), ("b", 48)]


async def test_a_version_is_named_by_number_or_tag_everywhere(admin: Http, subtests: pytest.Subtests) -> None:
    await save(admin, "base", "a: 1\n", "a: 2\n")
    assert (await admin.put(f"{CONFIGS}/base/tags/prod-2026.11", json={"version": 1})).is_success
    tag = "prod-2026.11"
    for path in ("base", "base/effective", "base/blame", "base/tree"):
        with subtests.test(path):
            assert await get(admin, path, version=tag) == await get(admin, path, version=1)
    assert (await get(admin, "base/diff", **{"from": tag}))["old"] == 1
    assert (await get(admin, "base/compare", other=f"base@{tag}"))["columns"] == ["base@2", "base@1"]
    await save(admin, "dev", "b: 1\n", extends={"config": "base", "version": tag})
    assert (await get(admin, "dev"))["extends"] == {"config": "base", "version": 1}
    await admin.post(f"{CONFIGS}/base/copy", json={"name": "old", "version": tag})
    assert (await get(admin, "old"))["text"] == "a: 1\n"
    rolled = await admin.post(f"{CONFIGS}/base/rollback", json={"version": tag})
    assert rolled.json()["text"] == "a: 1\n"
    for path in ("base", "base/effective", "base/blame", "base/tree"):
        with subtests.test(path, tag="none"):
            missing = await admin.get(f"{CONFIGS}/{path}", params={"version": "none"})
            assert_error(missing, 404, "ConfigTagNotFound")
    for version in ("7", "0", "9" * 30):
        with subtests.test(version=version):
            missing = await admin.get(f"{CONFIGS}/base", params={"version": version})
            assert_error(missing, 404, "ConfigVersionNotFound")


async def test_an_application_is_pinned_by_tag(shop: Http) -> None:
    await shop.put(f"{CONFIGS}/dev", json={"text": "greeting: ho\n"})
    await shop.put(f"{CONFIGS}/dev/tags/prod", json={"version": 1})
    made = await shop.post(f"{PROJECT}/applications", json={**SHOP, "configVersion": "prod"})
    assert made.json()["configVersion"] == 1
    edited = await shop.put(f"{PROJECT}/applications/shop-dev", json={**SHOP, "configVersion": "none"})
    assert_error(edited, 404, "ConfigTagNotFound")


async def test_a_tag_moves_only_by_being_taken_away(shop_config: Http) -> None:
    made = await shop_config.put(f"{CONFIGS}/shop/tags/prod", json={})
    assert (made.json()["name"], made.json()["version"]) == ("prod", 3)
    moved = await shop_config.put(f"{CONFIGS}/shop/tags/prod", json={"version": 1})
    assert "version 3" in assert_error(moved, 409, "NameTaken")["message"]
    assert (await shop_config.delete(f"{CONFIGS}/shop/tags/prod")).status_code == 204
    assert_error(await shop_config.delete(f"{CONFIGS}/shop/tags/prod"), 404, "ConfigTagNotFound")
    await shop_config.put(f"{CONFIGS}/shop/tags/prod", json={"version": 1})
    tags = (await get(shop_config, "shop/tags"))["items"]
    assert [(tag["name"], tag["version"]) for tag in tags] == [("prod", 1)]
    missing = await shop_config.put(f"{CONFIGS}/shop/tags/next", json={"version": 9})
    assert_error(missing, 404, "ConfigVersionNotFound")
    for bad in ("7", "-a", "a b", "a" * 64):
        assert_error(await shop_config.put(f"{CONFIGS}/shop/tags/{bad}", json={}), 422, "TagInvalid")


async def test_leaves_tell_what_they_override(admin: Http) -> None:
    await save(admin, "root", "a: 1\nb: !secret hunter2\n")
    await save(admin, "base", "a: 2\n", extends={"config": "root"})
    await save(admin, "dev", "\na: 3\nb: 4\n", extends={"config": "base"})
    answer = await admin.get(f"{CONFIGS}/dev/effective")
    assert "hunter2" not in answer.text
    leaves = {leaf["key"]: leaf for leaf in answer.json()["items"]}
    assert (leaves["a"]["origin"], leaves["a"]["line"]) == ("config dev@1", 2)
    assert leaves["a"]["overrides"] == [
        {"value": 2, "origin": "config base@1", "line": 1, "secret": False},
        {"value": 1, "origin": "config root@1", "line": 1, "secret": False},
    ]
    assert leaves["b"]["overrides"] == [
        {"value": "****", "origin": "config root@1", "line": 2, "secret": True}
    ]


async def test_a_tree_tells_parents_children_and_users(shop: Http) -> None:
    await save(shop, "root", "a: 1\n")
    await save(shop, "dev", "b: 1\n", extends={"config": "root"})
    await save(shop, "qa", "c: 1\n", extends={"config": "dev"})
    await save(shop, "old", "c: 1\n", extends={"config": "dev", "version": 2})
    await shop.post(f"{PROJECT}/applications", json=SHOP)
    tree = await get(shop, "dev/tree")
    assert (tree["config"], tree["version"]) == ("dev", 2)
    assert tree["parents"] == [{"config": "root", "version": 1}]
    assert tree["below"]["applications"] == ["shop-dev"]
    below = [(child["config"], child["version"]) for child in tree["below"]["children"]]
    assert below == [("old", 2), ("qa", None)]
    assert (await get(shop, "dev/tree", version=1))["parents"] == []


async def test_no_config_may_come_to_extend_itself(admin: Http) -> None:
    await save(admin, "a", "x: 1\n")
    await save(admin, "b", "x: 1\n", extends={"config": "a"})
    await save(admin, "c", "x: 1\n", extends={"config": "b"})
    for extends in ({"config": "c"}, {"config": "a"}, {"config": "b"}):
        refused = await admin.put(f"{CONFIGS}/a", json={"text": "x: 1\n", "extends": extends})
        error = assert_error(refused, 422, "ConfigExtendsCycle")
        assert "config a would extend itself" in error["message"]
    assert (await get(admin, "a"))["number"] == 1


async def test_no_config_may_extend_an_old_version_of_one_that_follows_it(admin: Http) -> None:
    await save(admin, "a", "x: 1\n")
    await save(admin, "b", "x: 1\n")
    await save(admin, "a", "x: 2\n", extends={"config": "b"})
    body = {"text": "x: 2\n", "extends": {"config": "a", "version": 1}}
    assert_error(await admin.put(f"{CONFIGS}/b", json=body), 422, "ConfigExtendsCycle")
    await save(admin, "a", "x: 3\n", extends={"config": "b", "version": 1})
    assert (await admin.put(f"{CONFIGS}/b", json=body)).json()["number"] == 2
    assert [each["config"] for each in (await get(admin, "a/tree"))["parents"]] == ["b"]
    assert [each["config"] for each in (await get(admin, "a/tree"))["below"]["children"]] == ["b"]


async def test_configs_are_compared_key_by_key(admin: Http) -> None:
    await save(admin, "base", "same: 1\nhost: db\n")
    await save(admin, "dev", "password: !secret x\nreplicas: 1\n", extends={"config": "base"})
    await save(
        admin, "prod", "password: !secret x\nreplicas: '1'\nhost: db-prod\n", extends={"config": "base"}
    )
    await save(admin, "qa", "password: !secret y\nreplicas: 1\n", extends={"config": "base"})
    answer = await admin.get(f"{CONFIGS}/dev/compare", params={"other": ["prod", "qa@1"]})
    found = answer.json()
    assert (found["columns"], found["equal"]) == (["dev@1", "prod@1", "qa@1"], 1)
    groups = {row["key"]: [cell["group"] if cell else None for cell in row["cells"]] for row in found["rows"]}
    assert groups == {"host": [0, 1, 0], "password": [0, 0, 1], "replicas": [0, 1, 0]}
    cells = {row["key"]: row["cells"] for row in found["rows"]}
    assert [cell["value"] for cell in cells["password"]] == ["****"] * 3
    assert (cells["host"][0]["origin"], cells["host"][1]["origin"]) == ("config base@1", "config prod@1")
    everything = await get(admin, "dev/compare", other=["prod"], all=True)
    assert "same" in {row["key"] for row in everything["rows"]}
    many = await admin.get(f"{CONFIGS}/dev/compare", params={"other": ["prod"] * 40})
    assert_error(many, 422, "ComparisonTooWide")
    missing = await admin.get(f"{CONFIGS}/dev/compare", params={"other": ["none"]})
    assert_error(missing, 404, "ConfigNotFound")
