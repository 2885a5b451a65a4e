"""`kind: Template` of declarative files, by HTTP."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import httpx

from .conftest import PROJECT, assert_error, chart

Http = httpx.AsyncClient

DOCUMENT = """apiVersion: cantata.dev/v1
kind: Template
metadata: {name: shop}
spec:
  chart: ./charts/shop
"""
CONFIG = """---
apiVersion: cantata.dev/v1
kind: Config
metadata: {name: dev}
spec: {document: ""}
---
apiVersion: cantata.dev/v1
kind: Application
metadata: {name: shop-dev}
spec: {template: shop, templateVersion: 1, config: dev}
"""
CHARTS = {"deploy/charts/shop": chart("shop")}


def body(text: str, charts: Mapping[str, bytes], **more: Any) -> dict[str, Any]:
    return {
        "files": [{"name": "deploy/all.yaml", "text": text}],
        "charts": [
            {"name": name, "archive": base64.b64encode(archive).decode()} for name, archive in charts.items()
        ],
        **more,
    }


async def applied(http: Http, text: str, charts: Mapping[str, bytes] = CHARTS, **more: Any) -> list[Any]:
    answer = await http.post(f"{PROJECT}/apply", json=body(text, charts, **more))
    assert answer.status_code == 200, answer.text
    return [
        (each["kind"], each["name"], each["outcome"], each["version"], each["fields"])
        for each in answer.json()["documents"]
    ]


async def test_a_template_and_what_uses_it_come_together(shop: Http) -> None:
    await shop.delete(f"{PROJECT}/configs/dev")
    await shop.delete(f"{PROJECT}/templates/shop")
    assert await applied(shop, DOCUMENT + CONFIG, dryRun=True) == [
        ("Template", "shop", "created", 1, []),
        ("Config", "dev", "created", 1, []),
        ("Application", "shop-dev", "created", 1, []),
    ]
    assert (await shop.get(f"{PROJECT}/templates/shop")).status_code == 404
    assert [each[2] for each in await applied(shop, DOCUMENT + CONFIG)] == ["created"] * 3
    assert [each[2] for each in await applied(shop, DOCUMENT + CONFIG)] == ["unchanged"] * 3
    shown = (await shop.get(f"{PROJECT}/templates/shop")).json()
    assert (shown["number"], shown["origin"]) == (1, "shop")


async def test_another_chart_or_description_is_a_change(admin: Http) -> None:
    await applied(admin, DOCUMENT)
    described = DOCUMENT + "  description: sells\n"
    assert await applied(admin, described) == [("Template", "shop", "changed", 1, ["description"])]
    assert await applied(admin, described) == [("Template", "shop", "unchanged", 1, [])]
    other = {"deploy/charts/shop": chart("shop", {"values.yaml": "greeting: bye\n"})}
    assert await applied(admin, DOCUMENT, other, dryRun=True) == [
        ("Template", "shop", "changed", 2, ["chart"])
    ]
    assert await applied(admin, DOCUMENT, other) == [("Template", "shop", "changed", 2, ["chart"])]
    (listed,) = (await admin.get(f"{PROJECT}/templates")).json()["items"]
    assert (listed["latest"], listed["description"]) == (2, "sells")
    old = described + "  deprecated: take market\n"
    assert await applied(admin, old, other) == [("Template", "shop", "changed", 2, ["deprecated"])]
    assert await applied(admin, DOCUMENT, other) == [("Template", "shop", "unchanged", 2, [])]
    (exported,) = (await admin.get(f"{PROJECT}/export/templates")).json()["items"]
    assert 'deprecated: "take market"' in exported["text"]
    assert [each[4] for each in await applied(admin, DOCUMENT + "  deprecated: ~\n", other)] == [
        ["deprecated"]
    ]


async def test_which_charts_are_to_be_sent(admin: Http) -> None:
    files = [{"name": "deploy/all.yaml", "text": DOCUMENT}]
    answer = await admin.post(f"{PROJECT}/apply/references", json={"files": files})
    assert answer.json()["items"] == [
        {"file": "deploy/all.yaml", "path": "./charts/shop", "name": "deploy/charts/shop", "chart": True}
    ]


async def test_the_chart_of_a_declared_template_declares_no_other(admin: Http) -> None:
    own = "apiVersion: cantata.dev/v1\nkind: Template\nmetadata: {name: other}\nspec: {chart: .}\n"
    request = body(DOCUMENT, CHARTS)
    request["files"].append({"name": "deploy/charts/shop/Chart.yaml", "text": own})
    answer = await admin.post(f"{PROJECT}/apply", json=request)
    assert [each["name"] for each in answer.json()["documents"]] == ["shop"]


ALL, AT = "deploy/all.yaml", "deploy/charts/shop"
LIBRARY = {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\ntype: library\n"}
WRONG: dict[str, tuple[str, Mapping[str, bytes], str, str, str]] = {
    "no chart": (DOCUMENT, {}, "DeclarationInvalid", ALL, "spec.chart"),
    "out of the folder": (
        DOCUMENT.replace("./charts", "../charts"), CHARTS, "DeclarationInvalid", ALL, "spec.chart",
    ),
    "labels": (
        DOCUMENT.replace("shop}", "shop, labels: {a: b}}"), CHARTS, "DeclarationInvalid", ALL,
        "metadata.labels",
    ),
    "nothing of a chart": (DOCUMENT + "  a: {}\n", CHARTS, "DeclarationInvalid", ALL, "spec.a"),
    "no archive": (DOCUMENT, {AT: b"x"}, "ChartInvalid", ALL, "spec.chart"),
    "a file of the chart": (
        DOCUMENT, {AT: chart("shop", {"cantata.yaml": "layot: file\n"})}, "TemplateSpecInvalid",
        f"{AT}/cantata.yaml", "layot",
    ),
    "a deprecation of two lines": (
        DOCUMENT + '  deprecated: "a\\nb"\n', CHARTS, "DeprecationInvalid", ALL, "spec.chart",
    ),
    "a library": (
        DOCUMENT, {AT: chart("shop", LIBRARY)}, "ChartNotDeployable", f"{AT}/Chart.yaml", "type",
    ),
}  # fmt: skip


async def test_where_one_is_wrong_nothing_is_stored(admin: Http) -> None:
    for name, (text, charts, code, file, key) in WRONG.items():
        answer = await admin.post(f"{PROJECT}/apply", json=body(text + CONFIG, charts))
        place = assert_error(answer, 422, code)["place"]
        assert (place["file"], place["key"]) == (file, key), name
    assert (await admin.get(f"{PROJECT}/templates")).json()["items"] == []
    assert (await admin.get(f"{PROJECT}/configs")).json()["items"] == []


async def test_an_export_applied_again_is_unchanged(admin: Http) -> None:
    await applied(admin, DOCUMENT + "  description: 'no: 1'\n")
    (exported,) = (await admin.get(f"{PROJECT}/export/templates")).json()["items"]
    archive = (await admin.get(f"{PROJECT}/templates/shop/archive")).content
    assert await applied(admin, exported["text"], {"deploy/shop.tgz": archive}) == [
        ("Template", "shop", "unchanged", 1, [])
    ]
