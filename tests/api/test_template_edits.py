"""Edits of templates make versions; nothing is lost, and nothing is stored that was refused."""

from __future__ import annotations

import pytest
from tests.api.conftest import PROJECT, Http, assert_error, chart

from cantata.cli.exported_files import chart_files
from cantata.client import Client, RemoteError
from cantata.contract.states import Bump
from cantata.contract.template_edits import TemplateServiceDraft, TemplateServiceRenameRequest
from cantata.core.authoring import new_template

SHOP = f"{PROJECT}/templates/shop"


async def files_of(client: Client, version: int | None = None) -> dict[str, str]:
    files = chart_files(await client.templates.archive("shop", version))
    return {path: content.decode() for path, content in files.items()}


@pytest.fixture
async def skeleton(client: Client) -> Client:
    await client.templates.import_("shop", chart("shop", new_template("shop", ("api", "web"))))
    return client


async def test_an_edit_is_the_next_version_and_raises_the_charts(skeleton: Client) -> None:
    before = await files_of(skeleton)
    text = before["values.yaml"].replace("logLevel: info", "logLevel: debug # for now")
    edited = await skeleton.templates.edit("shop", {"values.yaml": text, "README.md": None}, expected=1)
    assert (edited.version.number, edited.version.chart_version, edited.fresh) == (2, "0.1.1", True)
    assert edited.version.origin == "edit of shop@1"
    raised = before["Chart.yaml"].replace("version: 0.1.0 ", "version: 0.1.1 ", 1)
    del before["README.md"]
    assert await files_of(skeleton) == {**before, "values.yaml": text, "Chart.yaml": raised}
    again = await skeleton.templates.edit("shop", {"values.yaml": text})
    assert (again.version.number, again.fresh) == (2, False)


BUMPS: list[tuple[Bump, str, str]] = [
    ("minor", "version: 0.1.0", "0.2.0"),
    ("none", "version: 0.2.0 # y", "0.2.0"),
    ("major", "version: 0.2.0 # x", "1.0.0"),
    ("patch", "version: 3.0.0-rc.1", "3.0.0-rc.1"),
    ("patch", 'version: "3.0.0-rc.1"', "3.0.0"),
]
"""Each on top of the one before; a version that the edit itself changes is left alone."""


async def test_which_version_the_chart_gets(skeleton: Client) -> None:
    for bump, line, version in BUMPS:
        text = f"apiVersion: v2\nname: shop\n{line}\n"
        edited = await skeleton.templates.edit("shop", {"Chart.yaml": text}, bump=bump)
        assert edited.version.chart_version == version


async def test_services_come_and_go(skeleton: Client) -> None:
    draft = TemplateServiceDraft("migrate", kind="job", depends_on={"api": "ready"}, bump="minor")
    added = await skeleton.templates.add_service("shop", draft, expected=1)
    assert (added.version.number, added.version.chart_version, added.findings) == (2, "0.2.0", ())
    with pytest.raises(RemoteError, match="service api is needed by web, migrate") as refused:
        await skeleton.templates.remove_service("shop", "api")
    assert refused.value.code == "ServiceNeeded"
    renamed = await skeleton.templates.rename_service("shop", "api", TemplateServiceRenameRequest("back"))
    assert renamed.notes == (
        "values.yaml: api is called back now; configs that set keys below api must follow",
    )
    removed = await skeleton.templates.remove_service("shop", "migrate", expected=3)
    assert (removed.version.number, removed.version.chart_version) == (4, "0.2.2")
    files = await files_of(skeleton)
    assert {path for path in files if path.startswith("templates/")} == {
        "templates/back.yaml",
        "templates/web.yaml",
    }
    assert "renamedFrom: api" in files["cantata.yaml"]


async def test_keys_that_configs_set_are_not_renamed_under_them(shop: Http, client: Client) -> None:
    spec = {"cantata.yaml": "layout: file\n", "values.yaml": "web: { port: 1 }\n"}
    await client.templates.import_("shop", chart("shop", spec))
    await client.configs.create("base", "web: { port: 2 }\n")
    await client.configs.edit("dev", "greeting: hi\n", extends={"config": "base"})  # type: ignore[arg-type]
    made = await shop.post(
        f"{PROJECT}/applications", json={"name": "shop-dev", "template": "shop", "config": "dev"}
    )
    assert made.status_code == 201, made.text
    answer = await shop.post(f"{SHOP}/services/web/rename", json={"name": "front"})
    error = assert_error(answer, 409, "ValuesInUse")
    assert error["details"][0]["message"] == "config base@1 sets web.port"
    kept = await shop.post(f"{SHOP}/services/web/rename", json={"name": "front", "keepValues": True})
    assert kept.status_code == 200, kept.text
    assert kept.headers["ETag"] == '"3"'


async def test_an_edit_of_what_is_not_the_latest_is_refused(skeleton: Client) -> None:
    await skeleton.templates.edit("shop", {"a.txt": "1\n"}, expected=1)
    for act in (
        skeleton.templates.edit("shop", {"b.txt": "1\n"}, expected=1),
        skeleton.templates.add_service("shop", TemplateServiceDraft("db"), expected=1),
        skeleton.templates.import_("shop", chart("shop"), expected=1),
    ):
        with pytest.raises(
            RemoteError, match="template shop is at version 2, your edit began at 1"
        ) as caught:
            await act
        assert caught.value.code == "EditConflict"
    assert [version.number async for version in skeleton.templates.history("shop")] == [2, 1]


REFUSED: dict[str, tuple[dict[str, str | None], int, str]] = {
    "leaves the folder": ({"../a": "x"}, 422, "TemplatePathInvalid"),
    "absolute": ({"/etc/a": "x"}, 422, "TemplatePathInvalid"),
    "empty": ({"": "x"}, 422, "TemplatePathInvalid"),
    "a folder": ({"templates/": "x"}, 422, "TemplatePathInvalid"),
    "an empty part": ({"templates//web.yaml": "x"}, 422, "TemplatePathInvalid"),
    "a detour": ({"a/../values.yaml": "x"}, 422, "TemplatePathInvalid"),
    "backslashes": ({"templates\\web.yaml": "x"}, 422, "TemplatePathInvalid"),
    "a line break": ({"a\nb": "x"}, 422, "TemplatePathInvalid"),
    "too long": ({"x/" * 300 + "x": "x"}, 422, "TemplatePathInvalid"),
    "not there": ({"templates/none.yaml": None}, 404, "TemplateFileNotFound"),
    "no chart": ({"Chart.yaml": None}, 422, "ChartInvalid"),
    "no version": ({"Chart.yaml": "name: shop\napiVersion: v2\n"}, 422, "ChartInvalid"),
    "broken": ({"Chart.yaml": "name: [\n"}, 422, "TemplateFileUnreadable"),
    "spec": ({"cantata.yaml": "layuot: file\n"}, 422, "TemplateSpecInvalid"),
    "cycle": (
        {"cantata.yaml": "services: { a: { dependsOn: [b] }, b: { dependsOn: [a] } }\n"},
        422,
        "DependencyCycle",
    ),
    "file below a file": ({"values.yaml/a": "x"}, 422, "TemplatePathInvalid"),
}


async def test_nothing_is_stored_that_is_refused(shop: Http) -> None:
    for name, (files, status, code) in REFUSED.items():
        answer = await shop.post(f"{SHOP}/edits", json={"files": files})
        assert answer.status_code == status, name
        assert_error(answer, status, code)
    assert (await shop.get(SHOP)).json()["number"] == 1


async def test_other_content_under_a_version_that_is_there(shop: Http) -> None:
    versions = f"{SHOP}/versions"
    other = chart("shop", {"values.yaml": "greeting: other\n"})
    assert_error(await shop.post(f"{versions}?strict=true", content=other), 409, "ChartVersionTaken")
    assert (await shop.get(SHOP)).json()["number"] == 1
    assert (await shop.post(f"{versions}?strict=true", content=chart("shop"))).json()["fresh"] is False
    imported = (await shop.post(versions, content=other)).json()
    assert imported["version"]["number"] == 2
    found = [each for each in imported["findings"] if each["rule"] == "version-reused"]
    assert [(each["severity"], each["message"]) for each in found] == [
        ("warning", "version 1.0.0 of chart shop has other content in shop@1")
    ]


async def test_viewers_edit_nothing(shop: Http, tokens: dict[str, str]) -> None:
    shop.headers["Authorization"] = f"Bearer {tokens['viewer']}"
    for path, body in (
        ("edits", {"files": {}}),
        ("services", {"name": "a"}),
        ("services/web/rename", {"name": "a"}),
    ):
        assert_error(await shop.post(f"{SHOP}/{path}", json=body), 403, "Forbidden")
    assert_error(await shop.delete(f"{SHOP}/services/web"), 403, "Forbidden")
