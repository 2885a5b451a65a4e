"""Templates, clusters and applications over HTTP, as far as no cluster is needed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.api.conftest import KUBECONFIG, PROJECT, SHOP, Http, assert_error, chart

APPLICATIONS = f"{PROJECT}/applications"


async def test_a_chart_is_imported_and_an_equal_one_makes_no_version(admin: Http) -> None:
    path = f"{PROJECT}/templates/shop/versions"
    first = await admin.post(path, content=chart("shop"), params={"origin": "shop/"})
    assert first.status_code == 201
    version = first.json()["version"]
    assert (version["number"], version["chart"], version["origin"]) == (1, "shop", "shop/")
    assert first.json()["fresh"] is True
    again = (await admin.post(path, content=chart("shop"))).json()
    assert (again["fresh"], again["version"]["number"]) == (False, 1)
    changed = chart("shop", {"values.yaml": "greeting: hey\n"})
    assert (await admin.post(path, content=changed)).json()["version"]["number"] == 2
    shown = (await admin.get(f"{PROJECT}/templates/shop", params={"version": 1})).json()
    assert shown["valuesText"] == "greeting: hello\n"
    assert "templates/web.yaml" in shown["files"]
    listed = (await admin.get(path)).json()["items"]
    assert [entry["number"] for entry in listed] == [2, 1]


NO_CHARTS = [
    ("shop", b"not a chart", "ChartInvalid"),
    ("shop", b"", "RequestInvalid"),
    ("Shop!", chart("shop"), "NameInvalid"),
    ("shop", chart("shop", {"Chart.yaml": "apiVersion: v2\n"}), "ChartInvalid"),
    ("shop", chart("shop", {"cantata.yaml": "layuot: file\n"}), "TemplateSpecInvalid"),
    ("shop", chart("shop", {"../../etc/passwd": "x"}), "ChartInvalid"),
]


async def test_what_is_no_chart_is_refused_and_nothing_is_stored(
    admin: Http, subtests: pytest.Subtests
) -> None:
    for number, (name, content, code) in enumerate(NO_CHARTS):
        with subtests.test(f"{number} {code}"):
            answer = await admin.post(f"{PROJECT}/templates/{name}/versions", content=content)
            assert_error(answer, 422, code)
    assert (await admin.get(f"{PROJECT}/templates")).json()["items"] == []


async def test_a_used_template_cannot_be_deleted(shop: Http) -> None:
    await shop.post(APPLICATIONS, json=SHOP)
    assert_error(await shop.delete(f"{PROJECT}/templates/shop"), 409, "InUse")
    assert_error(await shop.delete(f"{PROJECT}/configs/dev"), 409, "InUse")


async def test_what_is_no_kubeconfig_is_refused(admin: Http, subtests: pytest.Subtests) -> None:
    for text in ["", "just words", "clusters: [1]\n", "a: [", "- a\n"]:
        with subtests.test(text):
            answer = await admin.post(f"{PROJECT}/clusters", json={"name": "prod", "kubeconfigText": text})
            assert_error(answer, 422, answer.json()["code"])
    assert (await admin.get(f"{PROJECT}/clusters")).json()["items"] == []


async def test_a_kubeconfig_that_names_files_of_the_server_is_refused(admin: Http) -> None:
    text = """
apiVersion: v1
kind: Config
current-context: a
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1", certificate-authority: /etc/passwd}}]
users: [{name: a, user: {tokenFile: /etc/shadow}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
"""
    answer = await admin.post(f"{PROJECT}/clusters", json={"name": "prod", "kubeconfigText": text})
    assert answer.status_code in (403, 422), answer.text
    assert "root:" not in answer.text


async def test_an_unreachable_cluster_is_not_registered(admin: Http) -> None:
    draft = {"name": "prod", "kubeconfigText": msgspec.json.encode(KUBECONFIG).decode()}
    answer = await admin.post(f"{PROJECT}/clusters", json=draft)
    assert answer.status_code == 503, answer.text
    assert "the-secret-token" not in answer.text
    assert (await admin.get(f"{PROJECT}/clusters")).json()["items"] == []


async def test_an_application_is_created_shown_and_edited(shop: Http) -> None:
    made = await shop.post(APPLICATIONS, json={**SHOP, "templateVersion": 1})
    assert made.status_code == 201
    assert (made.json()["namespace"], made.json()["release"]) == ("shop-dev", "shop-dev")
    shown = await shop.get(f"{APPLICATIONS}/shop-dev")
    tag = shown.headers["etag"]
    added = "web: [{as: env, keys: [greeting]}]  # as it is\n"
    draft = {
        **SHOP, "overrides": "greeting: hey\n", "serviceOverrides": {"web": "a: 1\n"}, "delivery": added
    }  # fmt: skip
    edited = await shop.put(f"{APPLICATIONS}/shop-dev", json=draft, headers={"If-Match": tag})
    assert edited.status_code == 200, edited.text
    assert edited.json()["templateVersion"] is None
    assert edited.json()["serviceOverrides"] == {"web": "a: 1\n"}
    assert edited.json()["delivery"] == added
    late = await shop.put(f"{APPLICATIONS}/shop-dev", json=SHOP, headers={"If-Match": tag})
    assert_error(late, 409, "EditConflict")


async def test_what_is_done_about_drift_is_said_by_whoever_may_do_it(
    shop: Http, tokens: dict[str, str]
) -> None:
    made = await shop.post(APPLICATIONS, json=SHOP)
    assert (made.json()["drift"], made.json()["driftExcept"]) == ("report", [])
    at = f"{APPLICATIONS}/shop-dev"
    revert = {**SHOP, "drift": "revert", "driftExcept": ["spec.replicas"]}
    editor = {"Authorization": f"Bearer {tokens['editor']}"}
    assert_error(await shop.put(at, json=revert, headers=editor), 403, "Forbidden")
    assert (await shop.put(at, json=revert)).json()["drift"] == "revert"
    kept = await shop.put(at, json={**revert, "driftExcept": []}, headers=editor)
    assert (kept.json()["drift"], kept.json()["driftExcept"]) == ("revert", [])
    clone = (await shop.post(f"{at}/clone", json={"name": "next"}, headers=editor)).json()
    assert clone["drift"] == "report"
    for wrong in ([""], ["a b"], ["x" * 300], ["a"] * 60):
        refused = await shop.put(at, json={**SHOP, "driftExcept": wrong})
        assert_error(refused, 422, "DriftExceptInvalid")
    assert_error(await shop.put(at, json={**SHOP, "drift": "fight"}), 422, "RequestInvalid")
    for what in ("revert", "test"):
        refused = await shop.post(f"{at}/{what}", json={})
        assert_error(refused, 409, "ApplicationNotDeployed")


async def test_a_clone_is_the_same_application_elsewhere(shop: Http) -> None:
    draft = {
        **SHOP, "templateVersion": 1, "configVersion": 1, "overrides": "greeting: hey\n",
        "serviceOverrides": {"web": "a: 1\n"}, "updates": "auto",
    }  # fmt: skip
    source = (await shop.post(APPLICATIONS, json=draft)).json()
    made = await shop.post(f"{PROJECT}/configs", json={"name": "test", "text": "greeting: test\n"})
    assert made.status_code == 201, made.text
    clone = f"{APPLICATIONS}/shop-dev/clone"
    cloned = await shop.post(clone, json={"name": "shop-test", "config": "test"})
    assert cloned.status_code == 201, cloned.text
    own = {
        "name": "shop-test", "namespace": "shop-test", "release": "shop-test", "config": "test",
        "configVersion": None, "updates": "manual",
    }  # fmt: skip
    apart = ("id", "createdAt")
    assert {**cloned.json(), **dict.fromkeys(apart)} == {**source, **own, **dict.fromkeys(apart)}
    assert (await shop.get(f"{APPLICATIONS}/shop-test")).json() == cloned.json()
    audit = (await shop.get(f"{PROJECT}/audit")).json()["items"][0]
    assert (audit["verb"], audit["name"], audit["detail"]) == ("create", "shop-test", "cloned from shop-dev")
    taken = {"name": "next", "namespace": "shop-dev", "release": "shop-dev"}
    for path, body, status, code in (
        (clone, {"name": "shop-test"}, 409, "NameTaken"),
        (clone, taken, 409, "NameTaken"),
        (clone, {"name": "next", "config": "none"}, 404, "ConfigNotFound"),
        (clone, {"name": "next", "cluster": "none"}, 404, "ClusterNotFound"),
        (f"{APPLICATIONS}/none/clone", {"name": "next"}, 404, "ApplicationNotFound"),
    ):
        assert_error(await shop.post(path, json=body), status, code)
    assert len((await shop.get(APPLICATIONS)).json()["items"]) == 2


@pytest.mark.parametrize(
    ("release", "wanted", "found"),
    [("", "", "next"), ("shop", "", "shop"), ("shop", "other", "other"), ("", "other", "other")],
)
async def test_a_release_that_was_named_stays_in_a_clone(
    shop: Http, release: str, wanted: str, found: str
) -> None:
    await shop.post(APPLICATIONS, json={**SHOP, "release": release})
    cloned = await shop.post(f"{APPLICATIONS}/shop-dev/clone", json={"name": "next", "release": wanted})
    assert (cloned.json()["config"], cloned.json()["release"]) == ("dev", found)


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"name": "Shop"}, 422, "NameInvalid"),
    ({"template": "none"}, 404, "TemplateNotFound"),
    ({"templateVersion": 9}, 404, "TemplateVersionNotFound"),
    ({"config": "none"}, 404, "ConfigNotFound"),
    ({"configVersion": 9}, 404, "ConfigVersionNotFound"),
    ({"cluster": "none"}, 404, "ClusterNotFound"),
    ({"overrides": "a: ["}, 422, "YamlInvalid"),
    ({"overrides": "- a\n"}, 422, "OverridesInvalid"),
    ({"delivery": "web: ["}, 422, "YamlInvalid"),
    ({"delivery": "web: [{as: environment}]\n"}, 422, "DeliveryInvalid"),
    ({"delivery": "web: [{as: env}]\n---\napi: [{as: env}]\n"}, 422, "DeliveryInvalid"),
    ({"overrides": "a: 1\n---\nb: 2\n"}, 422, "OverridesInvalid"),
    ({"serviceOverrides": {"web": "a: 1\nb: !secret hunter2\n"}}, 422, "OverridesInvalid"),
    ({"replicas": 3}, 422, "RequestInvalid"),
]


async def test_a_wrong_application_is_refused(shop: Http, subtests: pytest.Subtests) -> None:
    for change, status, code in WRONG:
        with subtests.test(f"{code} {change}"):
            error = assert_error(await shop.post(APPLICATIONS, json={**SHOP, **change}), status, code)
            assert "hunter2" not in str(error)
    assert (await shop.get(APPLICATIONS)).json()["items"] == []


async def test_overrides_are_one_map_or_nothing(shop: Http, subtests: pytest.Subtests) -> None:
    for number, text in enumerate(["", "# nothing yet\n", "null\n", "---\na: 1\n", "a: 1\n---\n"]):
        with subtests.test(text):
            draft = {**SHOP, "name": f"shop-{number}", "overrides": text}
            made = await shop.post(APPLICATIONS, json=draft)
            assert made.status_code == 201, made.text


async def test_what_was_never_deployed_says_so(shop: Http) -> None:
    await shop.post(APPLICATIONS, json=SHOP)
    status = (await shop.get(f"{APPLICATIONS}/shop-dev/status")).json()
    assert (status["state"], status["services"], status["operation"]) == ("not_deployed", [], None)
    listed = (await shop.get(APPLICATIONS, params={"state": "not_deployed"})).json()["items"]
    assert [item["application"]["name"] for item in listed] == ["shop-dev"]
    assert (await shop.get(APPLICATIONS, params={"state": "ready"})).json()["items"] == []
    assert (await shop.get(f"{APPLICATIONS}/shop-dev/revisions")).json()["items"] == []
    assert (await shop.get(f"{PROJECT}/operations")).json()["items"] == []


async def test_without_its_cluster_nothing_is_deployed(shop: Http) -> None:
    await shop.post(APPLICATIONS, json=SHOP)
    answers = [
        await shop.post(f"{APPLICATIONS}/shop-dev/deploy", json={}),
        await shop.get(f"{APPLICATIONS}/shop-dev/plan", params={"service": ["web", "api"]}),
        await shop.get(f"{APPLICATIONS}/shop-dev/parity", params={"service": "web"}),
    ]
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert_error(answer, 503, answer.json()["code"])
    assert (await shop.get(f"{PROJECT}/operations")).json()["items"] == []


async def test_what_was_never_deployed_cannot_be_rolled_back(shop: Http) -> None:
    await shop.post(APPLICATIONS, json=SHOP)
    assert_error(await shop.post(f"{APPLICATIONS}/shop-dev/rollback", json={}), 404, "RevisionNotFound")


GONE = [
    ("GET", "applications/none", "ApplicationNotFound"),
    ("GET", "applications/none/status", "ApplicationNotFound"),
    ("GET", "applications/none/parity", "ApplicationNotFound"),
    ("GET", "applications/none/events", "ApplicationNotFound"),
    ("GET", "applications/none/revisions", "ApplicationNotFound"),
    ("DELETE", "applications/none", "ApplicationNotFound"),
    ("GET", "operations/none", "OperationNotFound"),
    ("POST", "operations/none/cancel", "OperationNotFound"),
    ("GET", "templates/none", "TemplateNotFound"),
    ("DELETE", "clusters/none", "ClusterNotFound"),
    ("DELETE", "tokens/none", "TokenNotFound"),
]


async def test_what_is_not_there(admin: Http, subtests: pytest.Subtests) -> None:
    for method, path, code in GONE:
        with subtests.test(f"{method} {path}"):
            assert_error(await admin.request(method, f"{PROJECT}/{path}"), 404, code)


async def test_the_schema_describes_every_route(admin: Http) -> None:
    schema = (await admin.get("/api/v1/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    assert f"{PROJECT.replace('default', '{project}')}/applications/{{name}}/deploy" in schema["paths"]
    body = schema["paths"]["/api/v1/projects/{project}/configs"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"]["$ref"].endswith("/ConfigDraft")


async def test_the_schema_tells_which_requests_take_which_header(admin: Http) -> None:
    paths = (await admin.get("/api/v1/openapi.json")).json()["paths"]
    named = paths["/api/v1/projects/{project}/applications/{name}"]
    assert "If-Match" in [each["name"] for each in named["put"]["parameters"]]
    assert "Idempotency-Key" in [each["name"] for each in named["delete"]["parameters"]]
    assert {each["name"] for each in named["get"]["parameters"]} == {"project", "name"}
