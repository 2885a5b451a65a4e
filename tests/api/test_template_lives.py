"""Templates are cloned, and deprecated with a word that whoever uses them sees."""

from __future__ import annotations

import pytest
from tests.api.conftest import PROJECT, SHOP, Http, assert_error, chart

from cantata.client import Client, RemoteError

OTHER = {"values.yaml": "greeting: other\n", "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.1\n"}


async def versions(client: Client, name: str) -> list[tuple[int, str, str, str]]:
    history = client.templates.history(name)
    return [(each.number, each.digest, each.origin, each.created_at) async for each in history]


async def test_a_clone_has_the_latest_version_or_all(client: Client) -> None:
    archive = chart("shop")
    await client.templates.import_("shop", archive, origin="here", description="A shop.")
    await client.templates.import_("shop", chart("shop", OTHER), origin="there")
    second, first = await versions(client, "shop")
    whole = await client.templates.clone("shop", "whole", history=True)
    assert (whole.latest, whole.description) == (2, "A shop.")
    assert await versions(client, "whole") == [second, first]
    latest = await client.templates.clone("shop", "latest")
    assert latest.latest == 1
    assert [each[:3] for each in await versions(client, "latest")] == [(1, second[1], "clone of shop@2")]
    await client.templates.delete("shop")
    assert await client.templates.archive("whole", 1) == archive
    assert (await client.templates.import_("latest", chart("shop", OTHER))).fresh is False
    with pytest.raises(RemoteError, match="already a template whole"):
        await client.templates.clone("latest", "whole")


async def test_who_uses_a_deprecated_template_is_told(shop: Http, client: Client) -> None:
    deprecated = await client.templates.deprecate("shop", "use shop-2")
    assert deprecated.deprecated == "use shop-2"
    assert [each.deprecated async for each in client.templates.list()] == ["use shop-2"]
    assert (await client.templates.show("shop")).deprecated == "use shop-2"
    imported = await client.templates.import_("shop", chart("shop", OTHER))
    told = [each for each in imported.findings if each.rule == "template-deprecated"]
    assert [(each.severity, each.suggestion) for each in told] == [("warning", "use shop-2")]
    made = await shop.post(f"{PROJECT}/applications", json=SHOP)
    assert made.json()["templateDeprecated"] == "use shop-2"
    assert (await client.templates.undeprecate("shop")).deprecated is None
    assert (await client.applications.show("shop-dev")).template_deprecated is None
    again = await client.templates.import_("shop", chart("shop"))
    assert not [each for each in again.findings if each.rule == "template-deprecated"]
    audited = [f"{each.verb} {each.detail}".strip() async for each in client.audit.list()]
    assert {"deprecate use shop-2", "undeprecate"} <= set(audited)


@pytest.mark.parametrize("message", ["two\nlines", "x" * 501])
async def test_a_deprecation_is_one_line(shop: Http, message: str) -> None:
    answer = await shop.put(f"{PROJECT}/templates/shop/deprecation", json={"message": message})
    assert_error(answer, 422, "DeprecationInvalid")


async def test_what_cannot_be_cloned(shop: Http) -> None:
    path = f"{PROJECT}/templates"
    assert_error(await shop.post(f"{path}/none/clone", json={"name": "a"}), 404, "TemplateNotFound")
    assert_error(await shop.post(f"{path}/shop/clone", json={"name": "A"}), 422, "NameInvalid")
    assert_error(await shop.post(f"{path}/shop/clone", json={"name": "shop"}), 409, "NameTaken")
