"""An application comes to another version of its template, by HTTP; its cluster does not answer."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from .conftest import PROJECT, SHOP, assert_error, chart

Http = httpx.AsyncClient

WEB = """apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  text: {{ .Values.greeting }} {{ .Values.web | toJson }} {{ .Values.old }} {{ .Values.own }}
"""
OLD = "greeting: hello\nweb: {replicas: 1, tag: a, port: 80}\nold: 1\nown: ~\n"
NEW = "greeting: hello\nweb: {replicas: 3, tag: b, port: 80}\nown: ~\nadded: true\n"
SCHEMA = '{"properties": {"own": {"type": ["integer", "null"]}}}'
AT = f"{PROJECT}/applications/shop-dev"


def version(number: str, values: str, schema: str = "") -> bytes:
    template = WEB if "old:" in values else WEB.replace(" {{ .Values.old }}", " {{ .Values.added }}")
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: shop\nversion: {number}\n",
        "values.yaml": values,
        "templates/web.yaml": template,
    }
    return chart("shop", {**files, **({"values.schema.json": schema} if schema else {})})


@pytest.fixture
async def pinned(shop: Http) -> Http:
    """An application of shop@2, which is 1.0.0, with values of its own; shop@3, 1.1.0, is there."""
    await shop.post(f"{PROJECT}/templates/shop/versions", content=version("1.0.0", OLD))
    await shop.post(f"{PROJECT}/templates/shop/versions", content=version("1.1.0", NEW, SCHEMA))
    text = "# mine\nweb:\n  replicas: 5  # many\nold: 2\n"
    await shop.put(f"{PROJECT}/configs/dev", json={"text": text})
    answer = await shop.post(
        f"{PROJECT}/applications", json={**SHOP, "templateVersion": 2, "overrides": "web: {tag: a}\n"}
    )
    assert answer.status_code == 201, answer.text
    return shop


async def told(http: Http, **request: Any) -> dict[str, Any]:
    answer = await http.post(f"{AT}/upgrade/preview", json=request)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def shown(http: Http) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(AT)).json()
    return found


async def test_a_preview_tells_key_by_key_and_stores_nothing(pinned: Http) -> None:
    before = await shown(pinned)
    found = await told(pinned)
    assert (found["old"]["number"], found["new"]["number"]) == (2, 3)
    assert (found["old"]["version"], found["new"]["version"]) == ("1.0.0", "1.1.0")
    assert {each["key"]: each["kind"] for each in found["keys"]} == {
        "web.replicas": "conflict",
        "web.tag": "same",
        "old": "orphaned",
        "added": "added",
    }
    conflict = found["keys"][0]
    assert [conflict[side]["value"] for side in ("old", "new", "mine")] == [1, 3, 5]
    assert conflict["mine"]["written"] == [
        {"file": "config dev@2", "line": 3, "column": 13, "key": "web.replicas"}
    ]
    assert conflict["new"]["written"][0]["file"] == "values.yaml of shop@3"
    assert (found["undecided"], found["blocked"], found["plan"]) == (1, False, None)
    assert found["trouble"]["category"] == "unavailable"
    assert await shown(pinned) == before


async def test_a_conflict_is_decided_first(pinned: Http) -> None:
    answer = await pinned.post(f"{AT}/upgrade", json={})
    error = assert_error(answer, 409, "UpgradeUndecided")
    assert error["place"] == {"file": "config dev@2", "line": 3, "column": 0, "key": "web.replicas"}
    assert [each["message"] for each in error["details"]] == ["yours 5, was 1, now 3"]
    assert (await shown(pinned))["templateVersion"] == 2


OVERRIDES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "keep": ({"keep": ["*"]}, {"web": {"tag": "a"}}),
    "take": ({"take": ["web"], "keep": ["old"]}, {"web": {"replicas": 3}}),
    "take all": ({"take": ["*"]}, {"web": {"replicas": 3}}),
    "set": ({"values": {"web.replicas": "7"}}, {"web": {"tag": "a", "replicas": 7}}),
}


@pytest.mark.parametrize(("request_", "overrides"), OVERRIDES.values(), ids=OVERRIDES)
async def test_choices_become_overrides(
    pinned: Http, request_: dict[str, Any], overrides: dict[str, Any]
) -> None:
    answer = await pinned.post(f"{AT}/upgrade", json=request_)
    assert answer.status_code == 200, answer.text
    result = answer.json()["result"]
    assert result == await shown(pinned)
    assert (result["templateVersion"], result["configVersion"]) == (3, None)
    assert msgspec.yaml.decode(result["overrides"]) == overrides
    assert (await told(pinned))["keys"] == []
    history = (await pinned.get(f"{PROJECT}/configs/dev/versions")).json()["items"]
    assert history[0]["number"] == 2
    audit = (await pinned.get("/api/v1/projects/default/audit")).json()["items"]
    assert ("upgrade", "shop@2 to @3") in [(each["verb"], each["detail"]) for each in audit]


async def test_choices_become_a_version_of_the_config(pinned: Http) -> None:
    await pinned.post(f"{PROJECT}/applications", json={**SHOP, "name": "other", "templateVersion": 2})
    request = {"take": ["web.replicas", "old"], "values": {"own": "4"}, "toConfig": True}
    found = await told(pinned, **request)
    assert (found["config"], found["configUsers"]) == ("dev", ["other"])
    assert len((await pinned.get(f"{PROJECT}/configs/dev/versions")).json()["items"]) == 2
    answer = await pinned.post(f"{AT}/upgrade", json=request)
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["overrides"] == "web: {tag: a}\n"
    version_ = (await pinned.get(f"{PROJECT}/configs/dev", params={"version": "3"})).json()
    assert version_["text"] == "# mine\nweb: {}\nown: 4\n"
    assert version_["message"] == "for shop@3 of shop-dev"


async def test_who_may_not_edit_configs_may_not_do_that_either(pinned: Http, tokens: dict[str, str]) -> None:
    for role, status in (("viewer", 403), ("editor", 200)):
        headers = {"Authorization": f"Bearer {tokens[role]}"}
        answer = await pinned.post(f"{AT}/upgrade/preview", json={}, headers=headers)
        assert answer.status_code == 200
        answer = await pinned.post(f"{AT}/upgrade", json={"keep": ["*"], "toConfig": True}, headers=headers)
        assert answer.status_code == status


async def test_values_that_the_new_schema_refuses_block_it(pinned: Http) -> None:
    await pinned.put(f"{PROJECT}/configs/dev", json={"text": "\nown: many\n"})
    found = await told(pinned)
    assert found["blocked"]
    assert found["violations"] == [
        {
            "message": "got string, want null or integer",
            "place": {"file": "config dev@3", "line": 2, "column": 6, "key": "own"},
        }
    ]
    answer = await pinned.post(f"{AT}/upgrade", json={})
    assert assert_error(answer, 422, "UpgradeBlocked")["place"]["key"] == "own"
    answer = await pinned.post(f"{AT}/upgrade", json={"values": {"own": "4"}})
    assert answer.status_code == 200, answer.text


async def test_secrets_are_masked(pinned: Http) -> None:
    await pinned.put(f"{PROJECT}/configs/dev", json={"text": "web:\n  replicas: !secret hunter2\n"})
    answer = await pinned.post(f"{AT}/upgrade/preview", json={})
    assert "hunter2" not in answer.text
    conflict = next(each for each in answer.json()["keys"] if each["kind"] == "conflict")
    assert (conflict["mine"]["value"], conflict["mine"]["secret"]) == ("****", True)
    answer = await pinned.post(f"{AT}/upgrade", json={})
    assert_error(answer, 409, "UpgradeUndecided")
    assert "hunter2" not in answer.text


async def test_versions_are_named_by_number_or_semantic(pinned: Http) -> None:
    assert [(await told(pinned, to=to))["new"]["number"] for to in (3, "3", "1.1.0", "1.0.0")] == [3, 3, 3, 2]


async def test_a_semantic_version_stands_wherever_a_version_is_named(pinned: Http) -> None:
    at = f"{PROJECT}/templates/shop"
    for path in ("", "/variables", "/archive"):
        assert (await pinned.get(f"{at}{path}", params={"version": "1.1.0"})).status_code == 200
        assert_error(
            await pinned.get(f"{at}{path}", params={"version": "1.2.0"}), 404, "TemplateVersionNotFound"
        )
    assert (await pinned.get(at, params={"version": "1.0.0"})).json()["number"] == 2
    edited = await pinned.put(AT, json={**SHOP, "templateVersion": "1.1.0"})
    assert edited.json()["templateVersion"] == 3
    declared = (
        "apiVersion: cantata.dev/v1\nkind: Application\nmetadata: {name: shop-dev}\n"
        "spec: {template: shop, config: dev, templateVersion: %s}\n"
    )
    for written, number in (("1.0.0", 2), ("3", 3)):
        files = [{"name": "a.yaml", "text": declared % written}]
        answer = await pinned.post(f"{PROJECT}/apply", json={"files": files})
        assert answer.status_code == 200, answer.text
        assert (await shown(pinned))["templateVersion"] == number
    files = [{"name": "a.yaml", "text": declared % "4.0.0"}]
    error = assert_error(
        await pinned.post(f"{PROJECT}/apply", json={"files": files}), 404, "TemplateVersionNotFound"
    )
    assert error["place"]["key"] == "spec.templateVersion"
    (listed,) = (await pinned.get(f"{PROJECT}/templates")).json()["items"]
    assert (listed["latest"], listed["version"], listed["digest"][:7]) == (3, "1.1.0", "sha256:")


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no such version": ({"to": "9.9.9"}, 404, "TemplateVersionNotFound"),
    "no such number": ({"to": 9}, 404, "TemplateVersionNotFound"),
    "an endless number": ({"to": "9" * 40}, 404, "TemplateVersionNotFound"),
    "a choice of nothing": ({"take": ["nope"]}, 422, "UpgradeChoiceInvalid"),
    "both": ({"take": ["old"], "keep": ["old"]}, 422, "UpgradeChoiceInvalid"),
    "no YAML": ({"values": {"web.replicas": "[1"}}, 422, "ConfigChangeInvalid"),
    "a secret override": ({"values": {"own": "!secret x"}}, 422, "OverridesInvalid"),
    "another field": ({"force": True}, 422, "RequestInvalid"),
}


async def test_bad_requests(pinned: Http) -> None:
    before = await shown(pinned)
    for request, status, code in BAD.values():
        assert_error(await pinned.post(f"{AT}/upgrade/preview", json=request), status, code)
        assert_error(await pinned.post(f"{AT}/upgrade", json=request), status, code)
    assert await shown(pinned) == before


async def test_an_application_that_is_pinned_to_an_old_config_writes_none(pinned: Http) -> None:
    edited = {**SHOP, "templateVersion": 2, "configVersion": 1}
    assert (await pinned.put(AT, json=edited)).status_code == 200
    answer = await pinned.post(f"{AT}/upgrade", json={"values": {"own": "4"}, "toConfig": True})
    assert_error(answer, 409, "UpgradeConfigPinned")
    await pinned.put(AT, json={**edited, "configVersion": 2})
    answer = await pinned.post(
        f"{AT}/upgrade", json={"values": {"own": "4"}, "keep": ["*"], "toConfig": True}
    )
    assert (answer.json()["result"]["configVersion"], answer.json()["result"]["templateVersion"]) == (3, 3)


async def test_what_follows_the_template_goes_on_following(pinned: Http) -> None:
    await pinned.put(AT, json=SHOP)
    found = await told(pinned)
    assert (found["old"]["number"], found["new"]["number"], found["keys"]) == (3, 3, [])
    answer = await pinned.post(f"{AT}/upgrade", json={})
    assert answer.json()["result"]["templateVersion"] is None
    answer = await pinned.post(f"{AT}/upgrade", json={"to": 2, "keep": ["*"]})
    assert answer.json()["result"]["templateVersion"] == 2
