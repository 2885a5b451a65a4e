"""Compose projects over HTTP: what is wanted, what is refused, what is stored."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error

COMPOSE = """
services:
  web:
    image: "nginx:${TAG:?set TAG}"
    env_file: web.env
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro", "./conf.d:/etc/nginx/conf.d"]
    depends_on: {db: {condition: service_healthy}}
  db:
    image: postgres:17
    environment: {POSTGRES_PASSWORD: s3cret-word}
    healthcheck: {test: [CMD, pg_isready]}
"""
URL = f"{PROJECT}/templates/shop/compose"


def body(text: str = COMPOSE, **more: Any) -> dict[str, Any]:
    files = {"compose.yaml": text, **more.pop("files", {})}
    return {"compose": ["compose.yaml"], "files": files, **more}


WHOLE = body(
    files={
        "web.env": "MODE=fast\n",
        "nginx.conf": "events {}\n",
        "conf.d/a.conf": "a;\n",
    },
    states={".env": "absent", "conf.d": "folder"},
    environment={"TAG": "1.27"},
)


async def test_what_is_not_known_is_wanted_and_nothing_is_stored(admin: Http) -> None:
    first = (await admin.post(URL, json=body())).json()
    assert [each["path"] for each in first["wanted"]] == [".env"]
    assert first["variables"] == ["TAG"]
    known = body(files={"web.env": ""}, states={".env": "absent"}, environment={"TAG": "1"})
    second = (await admin.post(URL, json=known)).json()
    assert second["wanted"] == [
        {"path": "conf.d", "contents": True},
        {"path": "nginx.conf", "contents": True},
    ]
    assert second["imported"] is None
    assert (await admin.get(f"{PROJECT}/templates/shop")).status_code == 404


async def test_a_whole_project_becomes_a_version_and_an_equal_one_none(admin: Http) -> None:
    dry = (await admin.post(f"{URL}?dry_run=true", json=WHOLE)).json()
    assert dry["imported"] is None
    assert sorted(dry["files"]) == [
        "Chart.yaml",
        "cantata.yaml",
        "templates/db.yaml",
        "templates/web.yaml",
        "values.yaml",
    ]
    assert "s3cret-word" not in str(dry["files"])
    assert '!secret "s3cret-word"' in dry["configText"]
    assert (await admin.get(f"{PROJECT}/templates/shop")).status_code == 404

    first = (await admin.post(URL, json=WHOLE)).json()["imported"]
    assert (first["fresh"], first["version"]["number"]) == (True, 1)
    assert first["version"]["chartVersion"] == "0.1.0"
    again = (await admin.post(URL, json=WHOLE)).json()["imported"]
    assert (again["fresh"], again["version"]["number"]) == (False, 1)
    newer = {**WHOLE["files"], "compose.yaml": COMPOSE.replace("postgres:17", "postgres:18")}
    changed = {**WHOLE, "files": newer}
    next_one = (await admin.post(URL, json=changed)).json()["imported"]
    assert (next_one["version"]["number"], next_one["version"]["chartVersion"]) == (2, "0.1.1")
    saved = await admin.post(f"{PROJECT}/configs", json={"name": "shop-dev", "text": dry["configText"]})
    assert saved.status_code == 201, saved.text


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no yaml": (body("services: [", states={".env": "absent"}), 422, "ComposeInvalid"),
    "a wrong type": (body("services: {web: {image: [1]}}", states={".env": "absent"}), 422, "ComposeInvalid"),
    "no compose file": ({"compose": [], "files": {}}, 422, "RenderRequestInvalid"),
    "a state that is none": (body(states={"a": "gone"}), 422, "RequestInvalid"),
    "an unknown field": ({**body(), "more": 1}, 422, "RequestInvalid"),
    "a missing file that is mounted": (
        {**WHOLE, "states": {".env": "absent", "conf.d": "absent"}, "files": {**WHOLE["files"]}},
        422,
        "ComposeIncomplete",
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_projects_are_refused_and_nothing_is_stored(admin: Http, case: str) -> None:
    request, status, code = BAD[case]
    answer = await admin.post(URL, json=request)
    error = assert_error(answer, status, code)
    assert "s3cret-word" not in str(error)
    assert (await admin.get(f"{PROJECT}/templates/shop")).status_code == 404


async def test_a_viewer_imports_nothing(admin: Http, tokens: dict[str, str]) -> None:
    answer = await admin.post(URL, json=WHOLE, headers={"Authorization": f"Bearer {tokens['viewer']}"})
    assert answer.status_code == 403


async def test_a_project_that_is_too_large_is_refused_at_once(admin: Http) -> None:
    services = "\n".join(f"  s{number}: {{image: a, command: [a, b, c]}}" for number in range(4000))
    request = body(f"services:\n{services}\n", states={".env": "absent"})
    assert_error(await admin.post(URL, json=request), 413, "ComposeTooLarge")
