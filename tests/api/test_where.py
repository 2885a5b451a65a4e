"""Where a key is, over HTTP, as far as no cluster is needed."""

from __future__ import annotations

import msgspec
import pytest
from tests.api.conftest import PROJECT, SHOP, Http, assert_error, chart

from cantata.actions.value_origins import ValueOrigins
from cantata.core.model.applications import RevisionExtras, ServiceVersion
from cantata.core.model.charts import Capabilities, Release, RenderInputs
from cantata.core.model.configs import ConfigPin
from cantata.core.model.inputs import RecordedInputs
from cantata.core.where import KeyValue
from cantata.ports import Records
from cantata.server.compose import Composed

WHERE = f"{PROJECT}/configs/dev/where"
WEB = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n"
    "  a: {{ .Values.greeting }}\n  b: {{ if .Values.greeting }}x{{ end }}\n"
)
FILES = {"templates/web.yaml": WEB}


async def applications(http: Http, names: list[str]) -> None:
    await http.post(f"{PROJECT}/templates/shop/versions", content=chart("shop", FILES))
    for name in names:
        made = await http.post(
            f"{PROJECT}/applications", json={**SHOP, "name": name, "namespace": name, "release": name}
        )
        assert made.status_code == 201, made.text


async def test_what_is_not_deployed_has_lines_and_no_pods(shop: Http) -> None:
    await applications(shop, ["one"])
    answer = await shop.get(WHERE, params={"key": "greeting"})
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()["items"]
    (whole,) = told["services"]
    assert (told["application"], told["config"], told["error"]) == ("one", "dev", "")
    assert (whole["service"], whole["version"], whole["pods"]) == ("", "dev@1", [])
    assert whole["lines"] == [
        {"file": "shop/templates/web.yaml", "line": 5, "how": "value"},
        {"file": "shop/templates/web.yaml", "line": 6, "how": "value"},
    ]


async def test_applications_come_in_pages(shop: Http) -> None:
    await applications(shop, ["one", "three", "two"])
    first = (await shop.get(WHERE, params={"key": "greeting", "limit": 2})).json()
    rest = (await shop.get(WHERE, params={"key": "greeting", "limit": 2, "after": first["next"]})).json()
    names = [each["application"] for page in (first, rest) for each in page["items"]]
    assert (names, rest["next"]) == (["one", "three", "two"], "")


@pytest.mark.parametrize(
    ("config", "key", "code"),
    [
        ("dev", "greetings", "ConfigKeyNotFound"),
        ("dev", "", "ConfigKeyNotFound"),
        ("x", "a", "ConfigNotFound"),
    ],
)
async def test_what_is_not_there_is_said(shop: Http, config: str, key: str, code: str) -> None:
    answer = await shop.get(f"{PROJECT}/configs/{config}/where", params={"key": key})
    error = assert_error(answer, 404, code)
    assert error["hint"]


async def test_a_key_must_be_named(shop: Http) -> None:
    assert (await shop.get(WHERE)).status_code == 422


async def test_a_cluster_that_is_down_leaves_the_pods_unknown(shop: Http, parts: Composed) -> None:
    await applications(shop, ["one"])

    def deployed(records: Records) -> None:
        application = records.applications.get("default", "one")
        render = RenderInputs("", Release("one", "one"), Capabilities("v1.36"))
        version = ServiceVersion(
            service="web",
            template_version=1,
            config=(ConfigPin("dev", 1),),
            engine="",
            inputs=records.blobs.put_sealed(msgspec.json.encode(RecordedInputs(render))),
            manifests=records.blobs.put_sealed(b"[]"),
            digest="",
            changed_in=1,
            files=("shop/templates/web.yaml",),
        )
        records.revisions.add(
            application.id,
            cause="",
            author="",
            operation_id="",
            services={"web": version},
            extras=records.blobs.put_sealed(msgspec.json.encode(RevisionExtras())),
            notes="",
        )

    await parts.ports.store.write(deployed)
    answer = await shop.get(WHERE, params={"key": "greeting"})
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()["items"]
    assert told["error"] == "the cluster cannot be reached"
    assert [(each["service"], len(each["lines"]), each["pods"]) for each in told["services"]] == [
        ("web", 2, [])
    ]


SET_IN = {
    1: ("greeting: hi\n", 1),
    2: ("greeting: hi\nother: 2\n", 1),
    3: ("greeting: b\n", 3),
    4: ("other: 3\n", 0),
    5: ("greeting: hi\n", 5),
    6: ("greeting: hi # still\n", 5),
    7: ("greeting: b\n", 7),
}
"""By version its text, and the version that last set the greeting."""


async def test_the_version_is_the_one_that_last_set_the_value(shop: Http, parts: Composed) -> None:
    for number, (text, _) in SET_IN.items():
        saved = await shop.put(f"{PROJECT}/configs/dev", json={"text": text})
        assert saved.json()["number"] == number, saved.text
    for number, (text, set_in) in SET_IN.items():
        value = KeyValue(b'"b"' if ": b" in text else b'"hi"')
        found = await ValueOrigins(parts.ports, "default", ("greeting",)).of_recorded(
            [ConfigPin("dev", number)], value
        )
        assert found == (f"dev@{set_in}" if set_in else ""), number


@pytest.mark.usefixtures("shop")
async def test_a_value_of_another_origin_has_no_version(parts: Composed) -> None:
    origins = ValueOrigins(parts.ports, "default", ("greeting",))
    assert await origins.of_recorded([ConfigPin("dev", 1)], KeyValue(b'"hi"')) == "dev@1"
    assert await origins.of_recorded([ConfigPin("dev", 1)], KeyValue(b'"by override"')) == ""
    assert await origins.of_recorded([ConfigPin("gone", 1)], KeyValue(b'"hi"')) == ""


async def test_a_version_is_found_after_its_config_was_renamed(shop: Http, parts: Composed) -> None:
    """By its id; a pin from before ids were recorded has its name only."""
    saved = (await shop.put(f"{PROJECT}/configs/dev", json={"text": "greeting: hello\n"})).json()
    assert saved["number"] == 2
    config = await parts.ports.store.read(lambda records: records.configs.get("default", "dev"))
    renamed = await shop.patch(f"{PROJECT}/configs/dev", json={"name": "test"})
    assert renamed.status_code == 200, renamed.text
    origins = ValueOrigins(parts.ports, "default", ("greeting",))
    assert await origins.of_recorded([ConfigPin("dev", 1, config.id)], KeyValue(b'"hi"')) == "test@1"
    assert await origins.of_recorded([ConfigPin("dev", 1)], KeyValue(b'"hi"')) == ""
