"""Templates leave over HTTP: as they came, as charts for plain Helm, and as manifests."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import yaml
from tests.api.conftest import PROJECT, Http, assert_error, chart

from cantata.cli.chart_archive import read_chart
from cantata.cli.exported_files import chart_files
from cantata.client import Client
from cantata.contract.configs import Extends

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"
ENVIRONMENTS = ("shop-dev", "shop-prod", "shop-staging")


async def test_the_archive_of_a_version_is_the_one_that_was_imported(admin: Http) -> None:
    first, second = chart("shop"), chart("shop", {"values.yaml": "greeting: bye\n"})
    for archive in (first, second):
        await admin.post(f"{PROJECT}/templates/shop/versions", content=archive)
    latest = await admin.get(f"{PROJECT}/templates/shop/archive")
    assert (latest.content, latest.headers["content-type"]) == (second, "application/gzip")
    assert latest.headers["content-disposition"] == 'attachment; filename="shop-1.0.0.tgz"'
    assert (await admin.get(f"{PROJECT}/templates/shop/archive?version=1")).content == first


async def test_what_is_not_there_is_not_exported(shop: Http) -> None:
    for what in ("archive", "chart", "manifests"):
        assert_error(await shop.get(f"{PROJECT}/templates/some/{what}"), 404, "TemplateNotFound")
        missing = await shop.get(f"{PROJECT}/templates/shop/{what}?version=9")
        assert_error(missing, 404, "TemplateVersionNotFound")
    for what in ("chart", "manifests"):
        missing = await shop.get(f"{PROJECT}/templates/shop/{what}?config=nope")
        assert_error(missing, 404, "ConfigNotFound")
    many = "&".join("config=dev" for _ in range(21))
    assert_error(await shop.get(f"{PROJECT}/templates/shop/chart?{many}"), 422, "RequestInvalid")


@pytest.mark.usefixtures("shop")
async def test_the_client_gets_the_bytes(client: Client) -> None:
    assert await client.templates.archive("shop") == chart("shop")


@pytest.fixture
async def ten(client: Client) -> Client:
    """With the example of ten services and its configs."""
    await client.templates.import_("ten", read_chart(SHOP))
    configs = {path.stem: path.read_text() for path in sorted((SHOP / "configs").glob("*.yaml"))}
    await client.configs.create("shop-base", configs.pop("shop-base"))
    for name, text in configs.items():
        await client.configs.create(name, text, extends=Extends("shop-base"))
    return client


async def test_one_chart_has_the_values_of_several_configs(ten: Client) -> None:
    exported = await ten.exports.template_chart("ten", configs=ENVIRONMENTS)
    assert exported.chart == "shop-1.0.0"
    assert "templates/_cantata.tpl" in chart_files(exported.archive)
    for values, name in zip(exported.values, ENVIRONMENTS, strict=True):
        assert (values.config, values.differences, values.objects) == (name, (), 37)
        assert values.secret_keys == ("db.password", "payment.provider.token")
        given = yaml.safe_load(values.text)
        assert (given["db"]["password"], given["global"]["cantata"]["secrets"]) == (
            None,
            ["db.password", "payment.provider.token"],
        )
        assert "wait" not in given["global"]["cantata"]
    texts = "".join(values.text for values in exported.values)
    assert not [word for word in ("dev-password", "prod-token", "staging-") if word in texts]


async def test_a_chart_that_needs_nothing_stays_as_it_is(client: Client) -> None:
    await client.templates.import_("plain", chart("plain"))
    exported = await client.exports.template_chart("plain")
    assert chart_files(exported.archive) == chart_files(chart("plain"))
    assert [(each.config, each.text, each.differences) for each in exported.values] == [("", "", ())]


async def test_waiting_is_a_value(ten: Client) -> None:
    exported = await ten.exports.template_chart("ten", configs=["shop-dev@1"], wait_init=True)
    (values,) = exported.values
    wait = yaml.safe_load(values.text)["global"]["cantata"]["wait"]
    assert (wait["initContainers"], wait["image"].split(":")[0]) == (True, "registry.k8s.io/kubectl")
    assert values.differences == ()


async def test_manifests_come_in_order_and_without_secrets(ten: Client) -> None:
    parts = await ten.exports.template_manifests("ten", config="shop-dev", release="a", namespace="b")
    names = [part.name for part in parts]
    assert names.index("postgres") < names.index("migrate") < names.index("orders") < names.index("gateway")
    assert sorted(names) == sorted(
        [
            "cache",
            "catalog",
            "gateway",
            "log-agent",
            "migrate",
            "orders",
            "payment",
            "postgres",
            "report",
            "web",
        ]
    )
    objects = [each for part in parts for each in yaml.safe_load_all(part.text) if each]
    assert {each["metadata"]["namespace"] for each in objects} == {"b"}
    secrets = [each for each in objects if each["kind"] == "Secret"]
    assert len(secrets) == 6
    assert {value for each in secrets for value in each["data"].values()} == {"****"}
    text = "".join(part.text for part in parts)
    for secret in ("dev-password", "dev-token"):
        assert secret not in text
        assert base64.b64encode(secret.encode()).decode() not in text


async def test_a_template_that_fails_with_a_secret_does_not_tell_it(admin: Http, client: Client) -> None:
    files = {
        "cantata.yaml": "config: { name: cfg }\n",
        "templates/web.yaml": "{{ fail (.Values.password | b64enc) }}\n",
    }
    await client.templates.import_("failing", chart("failing", files))
    await client.configs.create("secret", "password: !secret hunter2-hunter2\n")
    for what in ("chart", "manifests"):
        answer = await admin.get(f"{PROJECT}/templates/failing/{what}?config=secret")
        error = assert_error(answer, 422, "TemplateFailed")
        assert base64.b64encode(b"hunter2-hunter2").decode() not in str(error)
