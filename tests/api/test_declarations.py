"""Declarative files over HTTP: all or nothing, dry runs, pruning, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import PROJECT, SHOP, Http, assert_error

CONFIGS = f"{PROJECT}/configs"
SECRET = "correct-horse"


def declared(name: str, document: str, *spec: str, labels: str = "") -> str:
    lines = [
        "apiVersion: cantata.dev/v1",
        "kind: Config",
        f"metadata: {{name: {name}, labels: {{{labels}}}}}",
        "spec:",
        *(f"  {line}" for line in spec),
        "  document: |",
        *(f"    {line}" for line in document.splitlines()),
    ]
    return "\n".join(lines) + "\n"


def value(info: dict[str, Any] | None) -> Any:
    return info["value"] if info else None


async def apply(http: Http, *texts: str, **options: Any) -> Any:
    files = [{"name": f"f{number}.yaml", "text": text} for number, text in enumerate(texts)]
    return await http.post(f"{PROJECT}/apply", json={"files": files, **options})


async def outcomes(http: Http, *texts: str, **options: Any) -> dict[str, str]:
    answer = await apply(http, *texts, **options)
    assert answer.status_code == 200, answer.text
    return {each["name"]: each["outcome"] for each in answer.json()["documents"]}


async def exported(http: Http, **query: Any) -> list[str]:
    answer = await http.get(f"{PROJECT}/export/configs", params=query)
    assert answer.status_code == 200, answer.text
    return [each["text"] for each in answer.json()["items"]]


async def test_files_are_applied_parents_first_and_once(admin: Http) -> None:
    dev = declared("dev", "a: 2  # two\n", "extends: {config: base, version: 1}", "message: why")
    base = declared("base", "a: 1\nb: 1\n")
    assert await outcomes(admin, dev, base) == {"base": "created", "dev": "created"}
    assert await outcomes(admin, f"{dev}---\n{base}") == {"base": "unchanged", "dev": "unchanged"}
    shown = (await admin.get(f"{CONFIGS}/dev")).json()
    assert (shown["text"], shown["number"], shown["message"]) == ("a: 2  # two\n", 1, "why")
    assert shown["extends"] == {"config": "base", "version": 1}


async def test_an_answer_says_what_changed(admin: Http) -> None:
    await apply(admin, declared("base", "a: 1\n"), declared("dev", f"a: 1\ns: !secret {SECRET}\nt: x\n"))
    changed = declared(
        "dev", "a: 2\ns: !secret another-horse\nu: x\n", "extends: {config: base}", labels="a: b"
    )
    for dry_run in (True, False):
        answer = await apply(admin, changed, dryRun=dry_run)
        (told,) = answer.json()["documents"]
        assert (told["outcome"], told["version"]) == ("changed", 2)
        assert told["fields"] == ["document", "extends", "labels"]
        changes = {each["key"]: (each["kind"], each["old"], each["new"]) for each in told["changes"]}
        assert {key: (kind, value(old), value(new)) for key, (kind, old, new) in changes.items()} == {
            "a": ("changed", 1, 2),
            "s": ("changed", "****", "****"),
            "t": ("removed", "x", None),
            "u": ("added", None, "x"),
        }
        assert SECRET not in answer.text
        assert "another-horse" not in answer.text
        assert (await admin.get(f"{CONFIGS}/dev")).json()["number"] == (1 if dry_run else 2)


async def test_an_equal_secret_makes_no_version(admin: Http) -> None:
    text = declared("dev", f"s: !secret {SECRET}\n")
    assert await outcomes(admin, text) == {"dev": "created"}
    assert await outcomes(admin, text) == {"dev": "unchanged"}


async def test_a_dry_run_of_new_configs_stores_nothing(admin: Http) -> None:
    files = (declared("base", "a: 1\n"), declared("dev", "b: 1\n", "extends: {config: base, version: 1}"))
    assert await outcomes(admin, *files, dryRun=True) == {"base": "created", "dev": "created"}
    assert (await admin.get(CONFIGS)).json()["items"] == []
    assert (await admin.get(f"{PROJECT}/audit")).json()["items"] == []


GOOD = declared("good", "a: 1\n")
WRONG = {
    "broken YAML": ("a: [\n", "YamlInvalid", ("f1.yaml", 1, "")),
    "an unknown kind": (GOOD.replace("Config", "Pod"), "DeclarationInvalid", ("f1.yaml", 2, "kind")),
    "twice": (GOOD, "DeclarationInvalid", ("f1.yaml", 3, "metadata.name")),
    "a broken text": (declared("bad", "a: 1\nb: [\n"), "YamlInvalid", ("f1.yaml", 7, "")),
    "a bad text": (declared("bad", "a: 1\nyes: 1\n"), "ConfigInvalid", ("f1.yaml", 7, "yes")),
    "an unknown parent": (
        declared("bad", "a: 1\n", "extends: {config: nobody}"),
        "ConfigNotFound",
        ("f1.yaml", 5, "spec.extends"),
    ),
    "an unknown version": (
        declared("bad", "a: 1\n", "extends: {config: good, version: 2}"),
        "ConfigVersionNotFound",
        ("f1.yaml", 5, "spec.extends"),
    ),
    "itself": (
        declared("bad", "a: 1\n", "extends: {config: bad}"),
        "ConfigExtendsCycle",
        ("f1.yaml", 5, "spec.extends.config"),
    ),
    "an unknown secret": (
        declared("bad", "a: 1\nb:\n  c: !secret ref:nothing\n"),
        "SecretNotFound",
        ("f1.yaml", 8, "b.c"),
    ),
    "no schema": (
        declared("bad", "a: 1\n", 'schema: "[1"'),
        "DeclarationInvalid",
        ("f1.yaml", 5, "spec.schema"),
    ),
}


@pytest.mark.parametrize(("text", "code", "place"), WRONG.values(), ids=WRONG)
async def test_where_one_is_wrong_nothing_is_stored(
    admin: Http, text: str, code: str, place: tuple[str, int, str]
) -> None:
    answer = await apply(admin, GOOD, text)
    error = assert_error(answer, 404 if code.endswith("NotFound") else 422, code)
    assert (error["place"]["file"], error["place"]["line"], error["place"]["key"]) == place
    assert error["place"]["column"] > 0
    assert (await admin.get(CONFIGS)).json()["items"] == []


@pytest.mark.parametrize("dry_run", [True, False])
async def test_what_does_not_fit_a_schema_of_its_own_or_of_a_parent_is_refused(
    admin: Http, dry_run: bool
) -> None:
    schema = 'schema: \'{"properties": {"count": {"type": "integer"}}}\''
    base, dev = (
        declared("base", "count: 1\n", schema),
        declared("dev", "count: one\n", "extends: {config: base}"),
    )
    answer = await apply(admin, base, dev, dryRun=dry_run)
    place = assert_error(answer, 422, "ConfigSchemaViolated")["place"]
    assert (place["file"], place["line"], place["key"]) == ("f1.yaml", 7, "count")
    assert (await admin.get(f"{CONFIGS}/base")).status_code == 404
    assert await outcomes(admin, base, dev.replace("one", "2")) == {"base": "created", "dev": "created"}


async def test_a_circle_with_what_is_stored_is_refused(admin: Http) -> None:
    await apply(admin, declared("a", "x: 1\n"), declared("b", "x: 1\n", "extends: {config: a}"))
    answer = await apply(admin, declared("a", "x: 1\n", "extends: {config: b}"))
    assert_error(answer, 422, "ConfigExtendsCycle")
    turned = declared("b", "x: 1\n"), declared("a", "x: 1\n", "extends: {config: b}")
    assert await outcomes(admin, *turned) == {"a": "changed", "b": "changed"}


async def test_a_document_file_comes_along(admin: Http) -> None:
    head = declared("dev", "").removesuffix("  document: |\n")
    files = [{"name": "x/a.yaml", "text": f"{head}  documentFile: b/c.yaml\n"}]
    missing = await admin.post(f"{PROJECT}/apply/references", json={"files": files})
    assert missing.json()["items"] == [
        {"file": "x/a.yaml", "path": "b/c.yaml", "name": "x/b/c.yaml", "chart": False}
    ]
    assert_error(await admin.post(f"{PROJECT}/apply", json={"files": files}), 422, "DeclarationInvalid")
    files.append({"name": "x/b/c.yaml", "text": "a: 1\nno: 2\n"})
    error = assert_error(await admin.post(f"{PROJECT}/apply", json={"files": files}), 422, "ConfigInvalid")
    assert (error["place"]["file"], error["place"]["line"]) == ("x/b/c.yaml", 2)
    files[1]["text"] = "a: 1\n"
    assert (await admin.post(f"{PROJECT}/apply", json={"files": files})).status_code == 200
    assert (await admin.get(f"{CONFIGS}/dev")).json()["text"] == "a: 1\n"


async def test_pruning_deletes_what_has_the_labels_and_is_not_declared(admin: Http) -> None:
    shop = [declared(name, "a: 1\n", labels="app: shop") for name in ("one", "two")]
    child = declared("child", "a: 1\n", "extends: {config: two}", labels="app: shop")
    await apply(admin, *shop, child, declared("other", "a: 1\n"))
    expected = {"one": "unchanged", "two": "pruned", "child": "pruned"}
    for dry_run in (True, False):
        assert await outcomes(admin, shop[0], prune="app=shop", dryRun=dry_run) == expected
    listed = [each["name"] for each in (await admin.get(CONFIGS)).json()["items"]]
    assert listed == ["one", "other"]


async def test_what_is_used_is_not_pruned(shop: Http) -> None:
    labelled = declared("dev", "greeting: hi\n", labels="app: shop")
    await apply(shop, labelled, declared("child", "a: 1\n", "extends: {config: dev}"))
    made = await shop.post(f"{PROJECT}/applications", json={**SHOP, "cluster": "default", "namespace": "x"})
    assert made.status_code == 201, made.text
    answer = await apply(shop, declared("new", "a: 1\n"), prune="app=shop")
    error = assert_error(answer, 409, "InUse")
    assert "application shop-dev, config child" in error["details"][0]["message"]
    assert (await shop.get(f"{CONFIGS}/new")).status_code == 404
    assert (await shop.get(f"{CONFIGS}/dev")).status_code == 200


async def test_nothing_is_pruned_without_a_selector(admin: Http) -> None:
    await apply(admin, declared("one", "a: 1\n"))
    for prune in ("", "app", " "):
        assert_error(await apply(admin, GOOD, prune=prune), 422, "SelectorInvalid")
    assert_error(await apply(admin, "# nothing\n", prune="app=shop"), 422, "DeclarationInvalid")
    assert_error(await apply(admin, *[GOOD] * 501), 413, "TooManyDeclarations")


async def test_an_export_applied_again_is_unchanged(admin: Http) -> None:
    text = f"# why\na: '1'\n\ndb:\n  password: !secret {SECRET}  # hidden\n\n"
    await apply(admin, declared("base", "a: 1\n", 'schema: \'{"type": "object"}\'', labels="app: shop"))
    made = await admin.post(CONFIGS, json={"name": "dev", "text": text, "extends": {"config": "base"}})
    assert made.status_code == 201, made.text
    texts = await exported(admin)
    assert SECRET not in "".join(texts)
    assert [each.startswith("# Its secrets are references") for each in texts] == [False, True]
    assert await outcomes(admin, "---\n".join(texts)) == {"base": "unchanged", "dev": "unchanged"}
    await admin.delete(f"{CONFIGS}/dev")
    assert await outcomes(admin, *texts) == {"base": "unchanged", "dev": "created"}
    assert await exported(admin) == texts


async def test_an_export_with_its_secrets_is_audited_and_applies_elsewhere(
    admin: Http, anyone: Http, tokens: dict[str, str]
) -> None:
    text = f"a:\n  - !secret {SECRET}\nb: !secret |\n  one\n  two\nc: 1\n"
    await apply(admin, declared("dev", text), GOOD)
    told = await admin.post(f"{PROJECT}/export/configs/dev/reveal")
    assert (told.status_code, told.headers["cache-control"]) == (200, "no-store"), told.text
    (record,) = [
        each for each in (await admin.get(f"{PROJECT}/audit")).json()["items"] if each["verb"] == "reveal"
    ]
    assert (record["name"], record["detail"]) == ("dev", "all secrets of version 1")
    assert await outcomes(admin, told.json()["text"]) == {"dev": "unchanged"}
    await admin.delete(f"{CONFIGS}/dev")
    assert await outcomes(admin, told.json()["text"]) == {"dev": "created"}
    for key, secret in (("a.0", SECRET), ("b", "one\ntwo\n")):
        assert (await admin.post(f"{CONFIGS}/dev/reveal", json={"key": key})).json()["value"] == secret
    assert (await admin.post(f"{PROJECT}/export/configs/good/reveal")).json()["text"] in await exported(admin)
    anyone.headers["Authorization"] = f"Bearer {tokens['editor']}"
    assert_error(await anyone.post(f"{PROJECT}/export/configs/dev/reveal"), 403, "Forbidden")


async def test_an_export_is_of_names_or_of_labels(admin: Http) -> None:
    await apply(admin, *(declared(name, "a: 1\n", labels="app: shop") for name in "abc"), declared("d", ""))
    assert len(await exported(admin, name=["a", "c"])) == 2
    assert len(await exported(admin, selector="app=shop")) == 3
    first = await admin.get(f"{PROJECT}/export/configs", params={"limit": 3})
    assert [each["name"] for each in first.json()["items"]] == ["a", "b", "c"]
    assert len(await exported(admin, after=first.json()["next"])) == 1
    assert_error(await admin.get(f"{PROJECT}/export/configs", params={"name": "x"}), 404, "ConfigNotFound")


async def test_whoever_may_only_read_exports_and_applies_nothing(
    admin: Http, anyone: Http, tokens: dict[str, str]
) -> None:
    await apply(admin, GOOD)
    anyone.headers["Authorization"] = f"Bearer {tokens['viewer']}"
    assert len(await exported(anyone)) == 1
    assert_error(await apply(anyone, GOOD, dryRun=True), 403, "Forbidden")


async def test_only_an_operator_imports_from_a_cluster(
    shop: Http, anyone: Http, tokens: dict[str, str]
) -> None:
    assert (await shop.get(f"{PROJECT}/clusters")).json()["items"][0]["name"] == "default"
    body = {"cluster": "default", "namespace": "x", "secrets": ["a"]}
    for role, status in (("editor", 403), ("operator", 503)):
        anyone.headers["Authorization"] = f"Bearer {tokens[role]}"
        assert (await anyone.post(f"{CONFIGS}/new/import", json=body)).status_code == status
