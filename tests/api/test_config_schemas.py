"""Schemas of configs over HTTP: set, inherited, checked at every save, with places and without secrets."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error

CONFIGS = f"{PROJECT}/configs"
SCHEMA = {
    "type": "object",
    "required": ["db"],
    "properties": {
        "db": {
            "type": "object",
            "required": ["host"],
            "properties": {
                "host": {"type": "string"},
                "port": {"type": "integer"},
                "password": {"type": "string", "minLength": 12, "pattern": "^[a-z]+$"},
            },
        },
        "size": {"enum": ["s", "m"]},
    },
    "additionalProperties": False,
}
BASE = "db:\n  host: db\n  port: 5432\n"
DEV = "db:\n  password: !secret longenoughpassword\nsize: s\n"


@pytest.fixture
async def configs(admin: Http) -> Http:
    await admin.post(CONFIGS, json={"name": "base", "text": BASE})
    await admin.post(CONFIGS, json={"name": "dev", "text": DEV, "extends": {"config": "base"}})
    return admin


async def set_schema(http: Http, name: str, schema: Any = SCHEMA) -> Any:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return await http.put(f"{CONFIGS}/{name}/schema", json={"schema": text})


BAD = {
    "a wrong type": ("db:\n  port: many\n", ["config dev:2:9 (db.port): got string, want integer"]),
    "a wrong value that a parent gives": (
        "db:\n  host: 5\n", ["config dev:2:9 (db.host): got number, want string"],
    ),
    "an unknown key": ("sizes: s\n", ["config dev:1:8 (sizes): is not a key of the schema"]),
    "no such word": ("size: XL\n", ["config dev:1:7 (size): value must be one of 's', 'm'"]),
    "what is missing": ("db: null\n", ["config dev:1:5 (): missing property 'db'"]),
    "a secret": (
        "db:\n  password: !secret Short1\n",
        ["config dev:2:13 (db.password): minLength", "config dev:2:13 (db.password): does not match pattern"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "details"), BAD.values(), ids=BAD)
async def test_a_save_that_does_not_fit_is_refused_with_places(
    text: str, details: list[str], configs: Http
) -> None:
    assert (await set_schema(configs, "dev")).status_code == 200
    answer = await configs.put(f"{CONFIGS}/dev", json={"text": text})
    error = assert_error(answer, 422, "ConfigSchemaViolated")
    found = sorted(
        f"{':'.join(str(p) for p in (d['place']['file'], d['place']['line'], d['place']['column']) if p)}"
        f" ({d['place']['key']}): {d['message']}"
        for d in error["details"]
    )  # fmt: skip
    assert len(found) == len(details)
    for one, wanted in zip(found, sorted(details), strict=True):
        assert one.strip().startswith(wanted)
    assert "Short1" not in answer.text
    assert (await configs.get(f"{CONFIGS}/dev")).json()["number"] == 1


async def test_a_value_of_a_parent_is_placed_in_the_parent(configs: Http) -> None:
    await configs.put(f"{CONFIGS}/base", json={"text": "# comment\ndb: {host: db, port: x}\n"})
    error = assert_error(await set_schema(configs, "dev"), 422, "ConfigSchemaViolated")
    assert error["place"] == {"file": "config base@2", "line": 2, "column": 22, "key": "db.port"}
    assert_error(await configs.get(f"{CONFIGS}/dev/schema"), 404, "ConfigSchemaNotFound")


async def test_a_parent_is_not_saved_where_a_follower_would_break(configs: Http) -> None:
    await configs.post(CONFIGS, json={"name": "leaf", "text": "size: m\n", "extends": {"config": "dev"}})
    pinned = {"config": "base", "version": 1}
    await configs.post(CONFIGS, json={"name": "pinned", "text": "size: m\n", "extends": pinned})
    await set_schema(configs, "dev")
    await set_schema(configs, "pinned")
    text = "db:\n  host: db\n  port: none\n"
    error = assert_error(
        await configs.put(f"{CONFIGS}/base", json={"text": text}), 422, "ConfigSchemaViolated"
    )
    assert "config dev, config leaf would no longer fit their schema" in error["message"]
    assert [detail["message"] for detail in error["details"]] == [
        f"config {name}: got string, want integer" for name in ("dev", "leaf")
    ]
    assert error["details"][0]["place"] == {"file": "config base", "line": 3, "column": 9, "key": "db.port"}
    fine = await configs.put(f"{CONFIGS}/base", json={"text": "db: {host: db, port: 1}\n"})
    assert fine.json()["number"] == 2


async def test_the_nearest_schema_counts(configs: Http) -> None:
    await set_schema(configs, "base", {"properties": {"size": {"enum": ["s"]}}})
    assert (await configs.get(f"{CONFIGS}/dev/schema")).json()["config"] == "base"
    edit = {"text": DEV.replace("size: s", "size: m")}
    assert_error(await configs.put(f"{CONFIGS}/dev", json=edit), 422, "ConfigSchemaViolated")
    await set_schema(configs, "dev", SCHEMA)
    assert (await configs.put(f"{CONFIGS}/dev", json=edit)).json()["number"] == 2
    gone = await configs.delete(f"{CONFIGS}/dev/schema")
    assert_error(gone, 422, "ConfigSchemaViolated")
    assert (await configs.put(f"{CONFIGS}/dev", json={"text": DEV})).json()["number"] == 3
    assert (await configs.delete(f"{CONFIGS}/dev/schema")).status_code == 204
    assert_error(await configs.delete(f"{CONFIGS}/dev/schema"), 404, "ConfigSchemaNotFound")
    assert (await configs.get(f"{CONFIGS}/dev/schema")).json()["config"] == "base"


async def test_a_new_config_is_held_against_the_schema_of_its_parent(configs: Http) -> None:
    await set_schema(configs, "base", {"properties": {"more": {"type": "integer"}}})
    draft = {"name": "new", "text": "more: x\n", "extends": {"config": "base"}}
    assert_error(await configs.post(CONFIGS, json=draft), 422, "ConfigSchemaViolated")
    assert_error(await configs.get(f"{CONFIGS}/new"), 404, "ConfigNotFound")
    assert (await configs.post(CONFIGS, json={**draft, "text": "more: 1\n"})).status_code == 201


@pytest.fixture
async def wide(admin: Http) -> Http:
    await admin.post(CONFIGS, json={"name": "wide", "text": "a: 1\n"})
    return admin


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ("", "ConfigSchemaInvalid"),
        ("{", "YamlInvalid"),
        ('{"type": "nonsense"}', "SchemaInvalid"),
        ('{"$ref": "http://127.0.0.1:1/x.json"}', "SchemaInvalid"),
        ('{"$ref": "file:///etc/passwd"}', "SchemaInvalid"),
        ("[]", "SchemaInvalid"),
    ],
)
async def test_what_is_no_schema(schema: str, code: str, wide: Http) -> None:
    assert_error(await set_schema(wide, "wide", schema), 422, code)
    assert_error(await wide.get(f"{CONFIGS}/wide/schema"), 404, "ConfigSchemaNotFound")


async def test_a_schema_may_be_yaml_and_stays_as_written(wide: Http) -> None:
    text = "# what it must be\nproperties: { a: { type: integer } }\n"
    assert (await set_schema(wide, "wide", text)).status_code == 200
    assert (await wide.get(f"{CONFIGS}/wide/schema")).json() == {"config": "wide", "schema": text}
    assert_error(await wide.put(f"{CONFIGS}/wide", json={"text": "a: x\n"}), 422, "ConfigSchemaViolated")


async def test_an_inferred_schema_takes_what_is_there_and_holds_no_value(configs: Http) -> None:
    inferred = (await configs.post(f"{CONFIGS}/dev/schema/infer")).json()["schema"]
    assert "longenough" not in inferred
    assert (await set_schema(configs, "dev", inferred)).status_code == 200
    assert (await configs.put(f"{CONFIGS}/dev", json={"text": DEV + "more: 1\n"})).status_code == 200
    edit = {"text": DEV.replace("size: s", "size: 1")}
    assert_error(await configs.put(f"{CONFIGS}/dev", json=edit), 422, "ConfigSchemaViolated")
    records = (await configs.get(f"{PROJECT}/audit")).json()["items"]
    assert ("edit", "schema") in {(record["verb"], record["detail"]) for record in records}


async def test_a_schema_and_texts_that_are_saved_at_once_never_disagree(configs: Http) -> None:
    """Whichever came first: in the end the config fits the schema that it has."""
    schemas = [{"properties": {"size": {"enum": [word]}}} for word in ("s", "m")]
    texts = [DEV.replace("size: s", f"size: {word}") for word in ("s", "m")]
    for _ in range(5):
        await asyncio.gather(
            *(set_schema(configs, "dev", schema) for schema in schemas),
            *(configs.put(f"{CONFIGS}/dev", json={"text": text}) for text in texts),
        )
        found = await configs.get(f"{CONFIGS}/dev/schema")
        if found.status_code == 404:
            continue  # Each schema met the text that it refuses.
        schema = json.loads(found.json()["schema"])
        leaves = (await configs.get(f"{CONFIGS}/dev/effective")).json()["items"]
        (size,) = [leaf["value"] for leaf in leaves if leaf["key"] == "size"]
        assert schema["properties"]["size"]["enum"] == [size]
