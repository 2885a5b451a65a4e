"""Templates leave over HTTP."""

from __future__ import annotations

import pytest
from tests.api.conftest import PROJECT, Http, assert_error, chart

from cantata.client import Client


async def test_the_archive_of_a_version_is_the_one_that_was_imported(admin: Http) -> None:
    first, second = chart("shop"), chart("shop", {"values.yaml": "greeting: bye\n"})
    for archive in (first, second):
        await admin.post(f"{PROJECT}/templates/shop/versions", content=archive)
    latest = await admin.get(f"{PROJECT}/templates/shop/archive")
    assert (latest.content, latest.headers["content-type"]) == (second, "application/gzip")
    assert latest.headers["content-disposition"] == 'attachment; filename="shop-1.0.0.tgz"'
    assert (await admin.get(f"{PROJECT}/templates/shop/archive?version=1")).content == first


async def test_what_is_not_there_is_not_exported(shop: Http) -> None:
    assert_error(await shop.get(f"{PROJECT}/templates/some/archive"), 404, "TemplateNotFound")
    assert_error(
        await shop.get(f"{PROJECT}/templates/shop/archive?version=9"), 404, "TemplateVersionNotFound"
    )


@pytest.mark.usefixtures("shop")
async def test_the_client_gets_the_bytes(client: Client) -> None:
    assert await client.templates.archive("shop") == chart("shop")
