"""`kind: Application` over HTTP: with its config in one go, all or nothing, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error

APPLICATIONS = f"{PROJECT}/applications"
CONFIG = "apiVersion: cantata.dev/v1\nkind: Config\nmetadata: { name: test }\nspec: { document: 'a: 1' }\n"
PATCH = "{ web: [{ type: strategic, content: { spec: { minReadySeconds: 5 } } }] }"


def declared(*spec: str, name: str = "shop-test") -> str:
    lines = ["apiVersion: cantata.dev/v1", "kind: Application", f"metadata: {{ name: {name} }}", "spec:"]
    return "\n".join([*lines, *(f"  {line}" for line in spec)]) + "\n"


async def apply(http: Http, *texts: str, **options: Any) -> Any:
    files = [{"name": f"f{number}.yaml", "text": text} for number, text in enumerate(texts)]
    return await http.post(f"{PROJECT}/apply", json={"files": files, **options})


async def outcomes(http: Http, *texts: str, **options: Any) -> dict[str, tuple[str, list[str]]]:
    answer = await apply(http, *texts, **options)
    assert answer.status_code == 200, answer.text
    return {each["name"]: (each["outcome"], each["fields"]) for each in answer.json()["documents"]}


async def test_an_application_comes_with_its_config_and_changes_with_its_file(shop: Http) -> None:
    text = declared("template: shop", "config: test", "overrides: |", "  b: 2 # two")
    dry = await outcomes(shop, text, CONFIG, dryRun=True)
    assert dry == {"test": ("created", []), "shop-test": ("created", [])}
    assert (await shop.get(f"{APPLICATIONS}/shop-test")).status_code == 404
    assert await outcomes(shop, text, CONFIG) == dry
    found = (await shop.get(f"{APPLICATIONS}/shop-test")).json()
    assert (found["template"], found["config"], found["overrides"]) == ("shop", "test", "b: 2 # two\n")
    assert (found["namespace"], found["release"]) == ("shop-test", "shop-test")
    assert await outcomes(shop, text, CONFIG) == {"test": ("unchanged", []), "shop-test": ("unchanged", [])}
    changed = declared("template: shop", "config: test", "configVersion: 1", f"patches: {PATCH}")
    assert await outcomes(shop, changed) == {
        "shop-test": ("changed", ["configVersion", "overrides", "patches"])
    }
    assert await outcomes(shop, changed) == {"shop-test": ("unchanged", [])}
    assert await outcomes(shop, text) == {"shop-test": ("changed", ["configVersion", "overrides", "patches"])}


async def test_a_tag_pins_the_version_that_has_it_when_it_is_applied(shop: Http) -> None:
    text = declared("template: shop", "config: test", "configVersion: prod-1")
    await outcomes(shop, CONFIG)
    assert_error(await apply(shop, text), 404, "ConfigTagNotFound")
    await shop.put(f"{PROJECT}/configs/test/tags/prod-1", json={"version": 1})
    assert await outcomes(shop, text) == {"shop-test": ("created", [])}
    assert (await shop.get(f"{APPLICATIONS}/shop-test")).json()["configVersion"] == 1
    assert await outcomes(shop, text) == {"shop-test": ("unchanged", [])}
    assert await outcomes(shop, CONFIG.replace("a: 1", "a: 2")) == {"test": ("changed", ["document"])}
    await shop.delete(f"{PROJECT}/configs/test/tags/prod-1")
    await shop.put(f"{PROJECT}/configs/test/tags/prod-1", json={"version": 2})
    assert await outcomes(shop, text) == {"shop-test": ("changed", ["configVersion"])}


async def test_what_is_exported_is_what_is_applied(shop: Http) -> None:
    text = declared(
        "template: shop",
        "templateVersion: 1",
        "config: dev",
        "namespace: elsewhere",
        "createNamespace: true",
        "overrides: |",
        "  b: 2 # two",
        "serviceOverrides:",
        "  web: |",
        "    c: 3",
        f"patches: {PATCH}",
    )
    await outcomes(shop, text)
    (exported,) = (await shop.get(f"{PROJECT}/export/applications")).json()["items"]
    assert (exported["kind"], exported["name"]) == ("Application", "shop-test")
    assert await outcomes(shop, exported["text"]) == {"shop-test": ("unchanged", [])}
    other = exported["text"].replace("shop-test", "shop-two").replace("elsewhere", "two")
    assert await outcomes(shop, other) == {"shop-two": ("created", [])}
    answer = await shop.get(f"{PROJECT}/export/applications", params={"name": "nope"})
    assert_error(answer, 404, "ApplicationNotFound")


BAD = [
    (["template: shop"], "DeclarationInvalid", 422, 5),
    (["template: shop", "config: dev", "colour: red"], "DeclarationInvalid", 422, 7),
    (["template: shop", "config: dev", "configVersion: 0"], "DeclarationInvalid", 422, 7),
    (["template: nope", "config: dev"], "TemplateNotFound", 404, 5),
    (["template: shop", "config: nope"], "ConfigNotFound", 404, 6),
    (["template: shop", "config: dev", "cluster: nope"], "ClusterNotFound", 404, 7),
    (["template: shop", "config: dev", "overrides: |", "  a: 1", "  b: ["], "YamlInvalid", 422, 9),
    (["template: shop", "config: dev", "overrides: '[1]'"], "OverridesInvalid", 422, 8),
    (
        ["template: shop", "config: dev", "patches: {web: [{type: json, content: {}}]}"],
        "PatchInvalid",
        422,
        3,
    ),
]


@pytest.mark.parametrize(("spec", "code", "status", "line"), BAD)
async def test_errors_say_where_in_the_file_and_nothing_is_stored(
    shop: Http, spec: list[str], code: str, status: int, line: int
) -> None:
    error = assert_error(await apply(shop, CONFIG, declared(*spec)), status, code)
    assert error["place"]["file"] == "f1.yaml"
    assert error["place"]["line"] == line
    assert (await shop.get(f"{PROJECT}/configs/test")).status_code == 404
    assert (await shop.get(f"{APPLICATIONS}/shop-test")).status_code == 404


async def test_what_was_chosen_at_creation_stays(shop: Http) -> None:
    await outcomes(shop, declared("template: shop", "config: dev"))
    moved = declared("template: shop", "config: dev", "namespace: other")
    assert_error(await apply(shop, moved), 422, "ApplicationFieldFixed")


async def test_pruning_leaves_applications_alone(shop: Http) -> None:
    await outcomes(shop, declared("template: shop", "config: dev"))
    await outcomes(shop, CONFIG, prune="a=b")
    assert (await shop.get(f"{APPLICATIONS}/shop-test")).status_code == 200
