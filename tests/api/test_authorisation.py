"""Every route asks who it is and whether they may: walked over all routes that there are."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from litestar import Litestar
from litestar.routes import WebSocketRoute
from tests.api.conftest import PROJECT, Http, assert_error

from cantata.actions.access import new_token, token_digest
from cantata.api.authentication import REMEMBER_SECONDS
from cantata.client import Client, RemoteError
from cantata.core.decide.authorise import LEAST_ROLE, Forbidden, Noun, Verb, authorise
from cantata.core.model.access import Actor, Role
from cantata.core.model.events import EventType, Subject
from cantata.server.compose import Composed

OPEN_ROUTES = {("GET", "/healthz"), ("GET", "/version")}
SERVED_ROUTES = {("GET", "/market/default/index.yaml"), ("GET", "/market/default/charts/some")}
"""These take a token as the password of any user, too."""
SIGNED_ROUTES = {("POST", "/api/v1/hooks/some")}
"""Who calls these shows a secret of a trigger instead of a token."""
RANKS = list(Role)
DEADLINE = 20.0


def all_routes(app: Litestar) -> list[tuple[str, str]]:
    """Every (method, path) that the application answers, parameters filled in."""
    found: list[tuple[str, str]] = []
    for route in app.routes:
        if isinstance(route, WebSocketRoute):
            continue
        path = re.sub(r"\{project:str\}", "default", str(route.path))
        path = re.sub(r"\{\w+:\w+\}", "some", path)
        found += [(str(method), path) for method in sorted(route.methods)]
    return found


async def test_no_route_but_health_and_version_answers_without_a_token(parts: Composed, anyone: Http) -> None:
    answered = set()
    for method, path in all_routes(parts.app):
        answer = await anyone.request(method, path)
        if answer.status_code == 200:
            answered.add((method, path))
        elif (method, path) in SIGNED_ROUTES:
            assert_error(answer, 401, "TriggerCallUnauthenticated")
        else:
            assert_error(answer, 401, "TokenMissing")
    assert answered == OPEN_ROUTES


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Bearer cantata_wrong", "TokenInvalid"),
        ("Bearer ", "TokenMissing"),
        ("Basic YTpi", "TokenMissing"),
        ("nonsense", "TokenMissing"),
    ],
)
async def test_a_wrong_token_opens_nothing(parts: Composed, anyone: Http, header: str, code: str) -> None:
    for method, path in all_routes(parts.app):
        if (method, path) not in OPEN_ROUTES | SIGNED_ROUTES:
            headers = {"Authorization": header}
            served = header.startswith("Basic") and (method, path) in SERVED_ROUTES
            wanted = "TokenInvalid" if served else code
            assert_error(await anyone.request(method, path, headers=headers), 401, wanted)


async def test_a_token_of_another_project_opens_no_route_of_this_one(parts: Composed, admin: Http) -> None:
    for method, path in all_routes(parts.app):
        other = path.replace("/projects/default", "/projects/elsewhere")
        if other != path:
            error = assert_error(await admin.request(method, other), 403, "Forbidden")
            assert "elsewhere" in error["message"] or method == "OPTIONS"


async def test_a_role_too_low_is_refused_on_every_route(
    parts: Composed, anyone: Http, tokens: dict[str, str]
) -> None:
    tried = 0
    for route in parts.app.routes:
        path = re.sub(r"\{\w+:\w+\}", "some", str(route.path).replace("{project:str}", "default"))
        if isinstance(route, WebSocketRoute):
            continue
        for method, handler in route.route_handler_map.items():  # type: ignore[union-attr]
            opt = handler[0].opt
            if method == "OPTIONS" or opt.get("open"):
                continue
            least = LEAST_ROLE[opt["noun"]][opt["verb"]]
            for role in RANKS[: RANKS.index(least)]:
                headers = {"Authorization": f"Bearer {tokens[role]}"}
                assert_error(await anyone.request(method, path, headers=headers), 403, "Forbidden")
                tried += 1
            headers = {"Authorization": f"Bearer {tokens[least]}"}
            if not path.endswith("/events"):
                answer = await anyone.request(method, path, headers=headers)
                assert answer.status_code not in (401, 403), (method, path, answer.text)
    assert tried > 20


@pytest.mark.parametrize("role", [None, "viewer", "editor"])
async def test_no_session_opens_without_the_role(
    parts: Composed, tokens: dict[str, str], role: str | None
) -> None:
    """A WebSocket is closed before it was accepted, which a client sees as 403."""
    routes = [route for route in parts.app.routes if isinstance(route, WebSocketRoute)]
    assert routes
    for route in routes:
        path = re.sub(r"\{\w+:\w+\}", "some", str(route.path).replace("{project:str}", "default"))
        headers = [(b"authorization", f"Bearer {tokens[role]}".encode())] if role else []
        assert await opened(parts.app, path, headers) == ["websocket.close"]


async def opened(app: Any, path: str, headers: list[tuple[bytes, bytes]]) -> list[str]:
    """The types of the messages that a WebSocket there gets."""
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "subprotocols": [],
        "scheme": "ws",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "root_path": "",
        "state": {},
        "extensions": {},
    }
    await app(scope, receive, send)
    return sent


async def test_refused_attempts_are_in_the_audit_list(
    anyone: Http, admin: Http, tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['viewer']}"}
    await anyone.delete(f"{PROJECT}/clusters/prod", headers=headers)
    records = (await admin.get(f"{PROJECT}/audit")).json()["items"]
    assert records[0]["actor"] == "the-viewer"
    assert (records[0]["verb"], records[0]["noun"]) == ("delete refused", "cluster")
    assert records[0]["name"] == f"{PROJECT}/clusters/prod"


async def test_a_token_that_was_taken_back_ends_at_once(admin: Http, anyone: Http) -> None:
    made = (await admin.post(f"{PROJECT}/tokens", json={"name": "ci", "role": "viewer"})).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await anyone.get(f"{PROJECT}/configs", headers=headers)).status_code == 200
    assert (await admin.delete(f"{PROJECT}/tokens/ci")).status_code == 204
    assert_error(await anyone.get(f"{PROJECT}/configs", headers=headers), 401, "TokenInvalid")
    assert REMEMBER_SECONDS <= 5


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_token_that_was_taken_back_ends_what_lasts(
    elsewhere: bool, parts: Composed, admin: Http, url: str
) -> None:
    """At once where it was taken back here, and soon where another server did that."""
    made = (await admin.post(f"{PROJECT}/tokens", json={"name": "ci", "role": "viewer"})).json()
    subject = Subject("default", "x", "shop-dev")
    await parts.ports.store.write(lambda records: records.events.append(subject, EventType.DEGRADED, {}))
    parts.app.state.gate.again = 0.1 if elsewhere else DEADLINE
    async with Client(url, made["token"]) as client, asyncio.timeout(DEADLINE):
        async for _ in client.events.follow():
            if elsewhere:
                await parts.ports.store.write(lambda records: records.access.delete_token("default", "ci"))
            else:
                assert (await admin.delete(f"{PROJECT}/tokens/ci")).status_code == 204
        with pytest.raises(RemoteError) as refused:
            await anext(client.events.follow())
    assert refused.value.code == "TokenInvalid"


async def test_an_expired_token_is_refused(parts: Composed, anyone: Http) -> None:
    token = new_token()
    await parts.ports.store.write(
        lambda records: records.access.add_token(
            name="old",
            digest=token_digest(token),
            project="default",
            role=Role.ADMIN,
            expires_at="2020-01-01T00:00:00Z",
        )
    )
    answer = await anyone.get(f"{PROJECT}/configs", headers={"Authorization": f"Bearer {token}"})
    assert "old" in assert_error(answer, 401, "TokenExpired")["message"]


async def test_the_token_itself_is_stored_nowhere(parts: Composed, admin: Http) -> None:
    made = (await admin.post(f"{PROJECT}/tokens", json={"name": "ci", "role": "viewer"})).json()
    listed = await admin.get(f"{PROJECT}/tokens")
    assert made["token"] not in listed.text
    rows = await parts.ports.store.read(lambda records: list(records.access.tokens("default")))
    assert made["token"] not in repr(rows)


@pytest.mark.parametrize(
    ("expires", "good"),
    [("2999-01-01T00:00:00Z", True), ("2999-01-01", False), ("2001-01-01T00:00:00Z", False), ("soon", False)],
)
async def test_an_expiry_must_be_a_time_to_come(admin: Http, expires: str, good: bool) -> None:
    body = {"name": "ci", "role": "viewer", "expiresAt": expires}
    answer = await admin.post(f"{PROJECT}/tokens", json=body)
    if good:
        assert answer.status_code == 201
    else:
        assert_error(answer, 422, "ExpiryInvalid")


def test_a_higher_role_may_do_all_that_a_lower_one_may() -> None:
    for noun, verbs in LEAST_ROLE.items():
        for verb in verbs:
            allowed = [role for role in RANKS if _may(role, verb, noun)]
            assert allowed == RANKS[RANKS.index(verbs[verb]) :]


def test_what_is_not_in_the_table_nobody_may() -> None:
    assert not any(_may(role, Verb.EDIT, Noun.AUDIT) for role in RANKS)


def _may(role: Role, verb: Verb, noun: Noun) -> bool:
    try:
        authorise(Actor(name="a", project="p", role=role), verb, noun, "p")
    except Forbidden:
        return False
    return True
