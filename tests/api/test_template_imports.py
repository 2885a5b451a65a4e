"""Templates that are made of YAML, over HTTP; of clusters only what needs none."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error

from cantata.core.bundle.gather import MOST

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: home}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "nginx:1.27", env: [{name: DB_PASSWORD, value: grey-horse}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: home}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
IMPORT = f"{PROJECT}/templates/shop/import"


async def send(http: Http, text: str, **wish: Any) -> Any:
    return await http.post(f"{IMPORT}/files", json={"files": {"all.yaml": text}, "wish": wish})


async def test_a_template_and_its_config_are_made_together(admin: Http) -> None:
    made = (await send(admin, WEB)).json()
    assert made["version"]["number"] == 1
    assert (made["config"], made["namespace"], made["origin"]) == ("shop", "home", "YAML: all.yaml")
    assert made["services"] == [{"name": "web", "objects": ["Deployment.apps home/web", "Service home/web"]}]
    assert {each["key"]: (each["part"], each["value"]) for each in made["extracted"]} == {
        "web.replicas": ("replicas", "2"),
        "web.image.repository": ("image", "nginx"),
        "web.image.tag": ("image", "1.27"),
        "web.env.DB_PASSWORD": ("secret", "****"),
    }
    assert [each["rule"] for each in made["findings"]] == ["secret-in-the-open"]
    config = (await admin.get(f"{PROJECT}/configs/shop")).json()
    assert "DB_PASSWORD: !secret ref:" in config["text"]
    template = await admin.get(f"{PROJECT}/templates/shop")
    assert "grey-horse" not in template.text
    assert template.json()["chartVersion"] == "0.1.0"


async def test_importing_again_makes_a_version_only_of_another_content(admin: Http) -> None:
    await send(admin, WEB)
    again = (await send(admin, WEB)).json()
    assert (again["version"]["number"], again["fresh"], again["config"]) == (1, False, "")
    assert "config-kept" in [each["rule"] for each in again["findings"]]
    other = (await send(admin, WEB.replace("1.27", "1.28"))).json()
    assert (other["version"]["number"], other["version"]["chartVersion"]) == (2, "0.1.1")
    named = (await send(admin, WEB, config="shop-next")).json()
    assert named["config"] == "shop-next"


async def test_a_preview_shows_all_and_stores_nothing(admin: Http) -> None:
    made = (await send(admin, WEB, preview=True, extract=[])).json()
    assert made["version"] is None
    assert sorted(made["files"]) == ["Chart.yaml", "cantata.yaml", "templates/web.yaml", "values.yaml"]
    assert 'DB_PASSWORD: !secret "****"' in made["configText"]
    assert "grey-horse" not in str(made)
    for noun in ("templates/shop", "configs/shop"):
        assert (await admin.get(f"{PROJECT}/{noun}")).status_code == 404


async def test_without_a_config_there_is_none(admin: Http) -> None:
    assert (await send(admin, WEB, config="")).json()["config"] == ""
    assert (await admin.get(f"{PROJECT}/configs/shop")).status_code == 404


CYCLE = "apiVersion: v1\nkind: List\nitems: &a\n  - kind: List\n    apiVersion: v1\n    items: *a\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [*{last}, *{last}, *{last}, *{last}, *{last}, *{last}, *{last}, *{last}]\n"
    for last, name in zip("abcdefgh", "bcdefghi", strict=True)
)
NAMELESS = "---\n{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}"
MANY = "".join(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{n}}}\n---\n" for n in range(MOST + 1))


@pytest.mark.parametrize(
    ("text", "status", "code", "place"),
    [
        ("", 422, "BundleEmpty", ("", 0)),
        ("# nothing\n---\n", 422, "BundleEmpty", ("", 0)),
        ("a: [", 422, "YamlInvalid", ("all.yaml", 1)),
        (WEB + "---\nkind: Pod\n", 422, "BundleObjectInvalid", ("all.yaml", 0)),
        (WEB + "---" + WEB, 422, "BundleDuplicate", ("all.yaml", 0)),
        (WEB + NAMELESS, 422, "BundleObjectInvalid", ("all.yaml", 0)),
        (CYCLE, 422, "YamlInvalid", ("all.yaml", 4)),
        (BOMB, 422, "YamlInvalid", ("all.yaml", 1)),
        (MANY, 413, "BundleTooLarge", ("", 0)),
        ("v: " + "[" * 200, 422, "YamlInvalid", ("all.yaml", 1)),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else "",
)  # fmt: skip
async def test_what_is_refused_leaves_nothing(
    text: str, status: int, code: str, place: tuple[str, int], admin: Http
) -> None:
    error = assert_error(await send(admin, text), status, code)
    assert (error["place"]["file"], error["place"]["line"]) == place
    for noun in ("templates/shop", "configs/shop"):
        assert (await admin.get(f"{PROJECT}/{noun}")).status_code == 404


async def test_places_in_a_long_text_are_those_of_the_text(admin: Http) -> None:
    text = MANY[: len(MANY) * 9 // 10].rpartition("---\n")[0] + "---\na: [\n"
    assert len(text) > 400_000
    error = assert_error(await send(admin, text), 422, "YamlInvalid")
    assert error["place"]["line"] == text.count("\n")


async def test_what_looks_like_a_reference_is_a_text(admin: Http) -> None:
    await send(admin, WEB.replace("value: grey-horse", 'value: "ref:06h26j7r0694z7erac3r"'))
    config = (await admin.get(f"{PROJECT}/configs/shop")).json()
    assert 'DB_PASSWORD: "ref:06h26j7r0694z7erac3r"' in config["text"]


async def test_a_config_that_is_named_must_be_new(admin: Http) -> None:
    await admin.post(f"{PROJECT}/configs", json={"name": "mine", "text": "a: 1\n"})
    assert_error(await send(admin, WEB, config="mine"), 409, "NameTaken")
    assert (await admin.get(f"{PROJECT}/templates/shop")).status_code == 404
    assert_error(await send(admin, WEB, config="No Name"), 422, "NameInvalid")


@pytest.mark.parametrize(
    ("role", "source", "status"),
    [
        ("viewer", "files", 403),
        ("editor", "files", 201),
        ("editor", "namespace", 403),
        ("editor", "release", 403),
        ("operator", "namespace", 404),
        ("operator", "release", 404),
    ],
)
async def test_who_may(role: str, source: str, status: int, tokens: dict[str, str], anyone: Http) -> None:
    of_cluster = {"cluster": "none", "namespace": "home"}
    bodies: dict[str, Any] = {
        "files": {"files": {"a.yaml": WEB}},
        "namespace": of_cluster,
        "release": {**of_cluster, "release": "a"},
    }
    headers = {"Authorization": f"Bearer {tokens[role]}"}
    answer = await anyone.post(f"{IMPORT}/{source}", json=bodies[source], headers=headers)
    assert answer.status_code == status, answer.text
