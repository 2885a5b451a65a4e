"""The values that templates read, over HTTP, as far as no cluster is needed."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import PROJECT, SHOP, Http, assert_error, chart

VALUES = """\
# -- What to say
greeting: hello
unread: 1
deep:
  # -- (string) How to say it
  tone: !secret loud
"""
WEB = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  a: {{ .Values.greeting | default "hi" }}
  b: {{ required "give a name" .Values.name }}
  c: {{ .Values.deep.tone }}
"""
FILES = {
    "values.yaml": VALUES,
    "values.schema.json": '{"properties": {"greeting": {"type": "string", "title": "Greeting"}}}',
    "templates/web.yaml": WEB,
    "templates/odd.yaml": "{{ index .Values.deep .Values.key }}",
}
TEMPLATE = f"{PROJECT}/templates/shop"


async def _variables(http: Http, **query: Any) -> dict[str, Any]:
    answer = await http.get(f"{TEMPLATE}/variables", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_template_tells_its_variables(admin: Http) -> None:
    imported = await admin.post(f"{TEMPLATE}/versions", content=chart("shop", FILES))
    found = await _variables(admin)
    assert (found["template"], found["number"]) == ("shop", 1)
    by_key = {each["key"]: each for each in found["variables"]}
    assert set(by_key) == {"greeting", "name", "deep", "deep.tone", "key"}
    greeting = by_key["greeting"]
    assert (greeting["value"], greeting["default"], greeting["fallback"]) == ("hello", "hello", "hi")
    words = ("string", "Greeting", "What to say")
    assert (greeting["type"], greeting["title"], greeting["description"]) == words
    assert (greeting["origin"], greeting["line"]) == ("values.yaml of shop", 2)
    assert greeting["places"] == [{"file": "shop/templates/web.yaml", "line": 5}]
    assert greeting["readers"] == ["shop/templates/web.yaml"]
    assert (by_key["name"]["required"], by_key["name"]["defined"]) == (True, False)
    assert "default" not in by_key["name"]
    assert found["unknown"] == [
        {"file": "shop/templates/odd.yaml", "line": 1, "key": "deep", "reason": "the key is computed"}
    ]
    rules = [(each["rule"], each["key"], each["severity"]) for each in found["findings"]]
    assert sorted(rules) == [
        ("value-undefined", "key", "notice"),
        ("value-undefined", "name", "notice"),
        ("value-unread", "unread", "notice"),
    ]
    assert imported.json()["findings"] == found["findings"]


async def test_a_secret_default_is_masked(admin: Http) -> None:
    await admin.post(f"{TEMPLATE}/versions", content=chart("shop", FILES))
    answer = await admin.get(f"{TEMPLATE}/variables")
    tone = next(each for each in answer.json()["variables"] if each["key"] == "deep.tone")
    assert (tone["value"], tone["default"], tone["secret"]) == ("****", "****", True)
    assert "loud" not in answer.text


async def test_each_version_has_its_own(admin: Http) -> None:
    await admin.post(f"{TEMPLATE}/versions", content=chart("shop", FILES))
    await admin.post(f"{TEMPLATE}/versions", content=chart("shop"))
    assert (await _variables(admin))["variables"] == []
    assert (await _variables(admin, version=1))["number"] == 1
    assert_error(await admin.get(f"{TEMPLATE}/variables?version=9"), 404, "TemplateVersionNotFound")
    assert_error(await admin.get(f"{PROJECT}/templates/none/variables"), 404, "TemplateNotFound")


async def test_a_template_that_cannot_be_parsed_is_imported_with_a_finding(admin: Http) -> None:
    broken = chart("shop", {"templates/web.yaml": "a\n{{ if }}"})
    (finding,) = (await admin.post(f"{TEMPLATE}/versions", content=broken)).json()["findings"]
    place = ("shop/templates/web.yaml", 2)
    assert (finding["rule"], finding["file"], finding["line"]) == ("template-invalid", *place)
    error = assert_error(await admin.get(f"{TEMPLATE}/variables"), 422, "TemplateFailed")
    assert (error["place"]["file"], error["place"]["line"]) == place


async def test_variables_of_an_application_that_is_not_there(shop: Http) -> None:
    path = f"{PROJECT}/applications"
    assert_error(await shop.get(f"{path}/none/variables"), 404, "ApplicationNotFound")
    await shop.post(path, json=SHOP)
    answer = await shop.get(f"{path}/shop-dev/variables")
    assert answer.status_code in (502, 503), answer.text  # Its cluster is down.
