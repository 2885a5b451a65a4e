"""Requests that are wrong as requests: no right to ask, or a body that nobody understands."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.e2e.conftest import Command, Server, chart, deployment
from tests.e2e.refusals import Refusal, nothing_happens, refused

from cantata.client import Client
from cantata.errors import STATUS, Category

pytestmark = pytest.mark.sandbox

INVALID, LIMIT, NOT_FOUND = Category.INVALID, Category.LIMIT, Category.NOT_FOUND
UNAUTHENTICATED, FORBIDDEN = Category.UNAUTHENTICATED, Category.FORBIDDEN
PROJECT = "/api/v1/projects/default"


async def test_a_wrong_token_is_refused(
    client: Client, server: Server, command: Command, namespace: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("cantata_wrong")
    refusal = Refusal("TokenInvalid", UNAUTHENTICATED, "", "not known", "token", "administrator")
    async with nothing_happens(client), Client(server.url, "cantata_wrong") as stranger:
        await refused(lambda: stranger.configs.create(namespace, "{}"), refusal, namespace)
        done = command.run("config", "create", namespace, "-f", "-", CANTATA_TOKEN_FILE=str(wrong))
        refusal.check_command(done, namespace)
    assert "cantata_wrong" not in server.log + done.stderr


async def test_no_token_is_refused(client: Client, server: Server, command: Command, namespace: str) -> None:
    refusal = Refusal("TokenMissing", UNAUTHENTICATED, "", "needs a token", "token", "cantata login")
    async with nothing_happens(client), Client(server.url) as stranger:
        await refused(lambda: stranger.configs.create(namespace, "{}"), refusal, namespace)
        refusal.check_command(command.run("app", "list", CANTATA_TOKEN_FILE=""), namespace)


async def test_a_role_that_may_not_is_refused(
    client: Client, server: Server, command: Command, namespace: str, tmp_path: Path
) -> None:
    viewer = (await client.tokens.create(namespace, "viewer")).token
    file = tmp_path / "viewer"
    file.write_text(viewer)
    refusal = Refusal("Forbidden", FORBIDDEN, "", "may not", "")
    before = [each.name async for each in client.templates.list()]
    async with Client(server.url, viewer) as reader:
        archive = chart("shop", {"templates/web.yaml": deployment("web")})
        await refused(lambda: reader.templates.import_(namespace, archive), refusal, namespace)
        done = command.run("config", "create", namespace, "-f", "-", CANTATA_TOKEN_FILE=str(file))
        refusal.check_command(done, namespace)
        assert [each.name async for each in reader.templates.list()] == before
    newest = [each async for each in client.audit.list()][:2]
    assert [(each.actor, each.verb) for each in newest] == [(namespace, "create refused")] * 2


async def test_another_project_is_refused(server: Server, namespace: str) -> None:
    refusal = Refusal("Forbidden", FORBIDDEN, "", "no access to project other", "project other", "default")
    async with Client(server.url, server.token, project="other") as elsewhere:
        await refused(lambda: elsewhere.configs.create(namespace, "{}"), refusal, namespace)


async def test_a_server_that_is_not_there_is_named(command: Command, client: Client) -> None:
    async with nothing_happens(client):
        done = command.run("app", "list", CANTATA_SERVER="http://127.0.0.1:1")
    assert done.returncode == 7
    assert "http://127.0.0.1:1" in done.stderr
    assert "hint: Start one" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("config", "create", "shop", "-f", "/no/such/file"), 2, "/no/such/file"),
        (("template", "import", "shop", "/no/such/chart"), 2, "/no/such/chart"),
        (("app", "create", "shop", "--template", "shop@x", "--config", "shop"), 2, "'shop@x'"),
        (("app", "deploy", "nothing"), 3, "application nothing"),
        (("app", "deploi", "nothing"), 2, "deploi"),
    ],
)
async def test_a_wrong_command_says_what_is_wrong(
    words: tuple[str, ...], code: int, says: str, command: Command, client: Client
) -> None:
    async with nothing_happens(client):
        done = command.run(*words)
    assert done.returncode == code, done
    assert says in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@dataclass(frozen=True)
class Raw:
    """A request as no client of ours would send it; `code`, `category`, `key` and `says` of the answer."""

    method: str
    path: str
    body: bytes
    code: str
    category: Category
    key: str = ""
    says: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def draft(**fields: Any) -> bytes:
    return json.dumps({"name": "shop", "template": "shop", "config": "shop", **fields}).encode()


APPLICATIONS, CONFIGS = f"{PROJECT}/applications/", f"{PROJECT}/configs/"
RAW: dict[str, Raw] = {
    "no JSON": Raw("POST", CONFIGS, b"{", "RequestInvalid", INVALID),
    "no body": Raw("POST", CONFIGS, b"", "RequestInvalid", INVALID, says="body"),
    "a list": Raw("POST", CONFIGS, b"[]", "RequestInvalid", INVALID, says="object"),
    "text for a truth": Raw(
        "POST", APPLICATIONS, draft(createNamespace="3"), "RequestInvalid", INVALID, "createNamespace", "bool"
    ),
    "a number for text": Raw(
        "POST",
        APPLICATIONS,
        draft(serviceOverrides={"web": 3}),
        "RequestInvalid",
        INVALID,
        "serviceOverrides[...]",
    ),
    "an unknown field": Raw("POST", APPLICATIONS, draft(tempalte="x"), "RequestInvalid", INVALID, "tempalte"),
    "a missing field": Raw("POST", CONFIGS, b'{"name": "shop"}', "RequestInvalid", INVALID, "text"),
    "an unknown role": Raw(
        "POST",
        f"{PROJECT}/tokens/",
        b'{"name": "x", "role": "root"}',
        "RequestInvalid",
        INVALID,
        "role",
        "root",
    ),
    "a time that is none": Raw(
        "POST",
        f"{PROJECT}/tokens/",
        b'{"name": "x", "role": "viewer", "expiresAt": "tomorrow"}',
        "ExpiryInvalid",
        INVALID,
        "",
        "tomorrow",
    ),
    "a page that cannot be": Raw(
        "GET", f"{CONFIGS}?limit=many", b"", "RequestInvalid", INVALID, "limit", "limit"
    ),
    "a body over the limit": Raw("POST", CONFIGS, b" " * (5 << 20), "BodyTooLarge", LIMIT, "", "4 MiB"),
    "no such route": Raw("GET", "/api/v1/nothing", b"", "RouteNotFound", NOT_FOUND, "", "no such route"),
    "an If-Match that is none": Raw(
        "PUT",
        f"{CONFIGS}shop",
        b'{"text": "a: 1"}',
        "RequestInvalid",
        INVALID,
        "",
        "If-Match",
        {"If-Match": "latest"},
    ),
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
async def test_a_request_that_nobody_understands_is_refused(raw: Raw, client: Client, server: Server) -> None:
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json", **raw.headers}
    async with (
        nothing_happens(client),
        aiohttp.ClientSession(server.url, headers=headers) as session,
        session.request(raw.method, raw.path, data=io.BytesIO(raw.body)) as response,
    ):
        answer = await response.json()
        assert response.status == STATUS[raw.category], answer
    assert (answer["code"], answer["category"]) == (raw.code, raw.category), answer
    assert answer["place"]["key"] == raw.key, answer
    assert raw.says in answer["message"], answer
    assert answer["subject"], answer
    assert answer["hint"], answer
