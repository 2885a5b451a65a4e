"""Every failure has the one shape, whoever raised it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from litestar import Litestar, get
from tests.api.conftest import PROJECT, Http, assert_error, in_process

from cantata.api.assemble import BODY_BYTES
from cantata.api.authentication import OPEN
from cantata.api.templates import ARCHIVE_BYTES
from cantata.core.model.errors import BlobUnreadable
from cantata.errors import STATUS, CantataError, Category
from cantata.server.compose import Composed


async def test_an_unknown_route(admin: Http, subtests: pytest.Subtests) -> None:
    beside_the_schema = ["/api/v1/swagger", "/api/v1/swagger.json"]
    for path in ["/", "/nope", "/api/v2", "/api/v1/projects", f"{PROJECT}/pods", *beside_the_schema]:
        with subtests.test(path):
            assert_error(await admin.get(path), 404, "RouteNotFound")


async def test_a_method_that_a_route_does_not_have(admin: Http) -> None:
    answer = await admin.patch(f"{PROJECT}/templates/shop")
    assert "PATCH" in assert_error(answer, 405, "MethodNotAllowed")["message"]
    assert "GET" in answer.headers["allow"]


BODIES: dict[str, tuple[bytes, str, str]] = {
    "not JSON": (b"{", "truncated", ""),
    "not UTF-8": (b'{"name": "\xff"}', "utf-8", ""),
    "nothing": (b"", "empty", ""),
    "an unknown field": (b'{"name": "a", "text": "", "colour": "red"}', "unknown field `colour`", "colour"),
    "a missing field": (b'{"name": "a"}', "missing required field `text`", "text"),
    "a wrong type": (b'{"name": 5, "text": ""}', "Expected `str`, got `int`", "name"),
    "a boolean for a number": (
        b'{"name": "a", "text": "", "extends": {"config": "b", "version": true}}',
        "Expected `int | str | null`, got `bool`",
        "extends.version",
    ),
    "an unknown field inside": (
        b'{"name": "a", "text": "", "extends": {"config": "b", "x": 1}}',
        "unknown field `x`",
        "extends.x",
    ),
    "a list": (b"[]", "Expected `object`, got `array`", ""),
}


async def test_a_broken_body_is_named_by_its_key(admin: Http, subtests: pytest.Subtests) -> None:
    for name, (body, words, key) in BODIES.items():
        with subtests.test(name):
            answer = await admin.post(f"{PROJECT}/configs", content=body)
            error = assert_error(answer, 422, "RequestInvalid")
            assert words in error["message"]
            assert error["place"]["key"] == key


async def test_a_wrong_query(admin: Http, subtests: pytest.Subtests) -> None:
    for query in ["limit=0", "limit=501", "limit=many", "limit=-1", "after=" + "x" * 300]:
        with subtests.test(query):
            error = assert_error(await admin.get(f"{PROJECT}/configs?{query}"), 422, "RequestInvalid")
            assert query.split("=")[0] in error["message"]
            assert "ParamType" not in error["message"]


async def test_an_event_that_cannot_be(admin: Http, subtests: pytest.Subtests) -> None:
    """Said before the stream begins: then it is too late."""
    for since in (-1, 10**17, 10**30):
        with subtests.test(str(since)):
            answer = await admin.get(f"{PROJECT}/applications/shop/events?since={since}")
            assert_error(answer, 422, "RequestInvalid")


async def test_a_cursor_that_is_none(admin: Http) -> None:
    await admin.post(f"{PROJECT}/configs", json={"name": "shop", "text": "a: 1\n"})
    assert_error(await admin.get(f"{PROJECT}/configs/shop/versions?after=x"), 422, "CursorInvalid")


async def test_a_wrong_header(admin: Http) -> None:
    edit = admin.put(f"{PROJECT}/configs/shop", json={"text": ""}, headers={"If-Match": "W/x"})
    assert assert_error(await edit, 422, "RequestInvalid")["subject"] == "If-Match"
    follow = admin.get(f"{PROJECT}/applications/shop/events", headers={"Last-Event-ID": "x"})
    assert assert_error(await follow, 422, "RequestInvalid")["subject"] == "Last-Event-ID"
    create = admin.post(
        f"{PROJECT}/configs", json={"name": "a", "text": ""}, headers={"Idempotency-Key": "k" * 201}
    )
    assert assert_error(await create, 422, "RequestInvalid")["subject"] == "Idempotency-Key"


async def test_a_body_that_is_too_large(admin: Http) -> None:
    answer = await admin.post(f"{PROJECT}/configs", content=b" " * (BODY_BYTES + 1))
    assert_error(answer, 413, "BodyTooLarge")
    answer = await admin.post(f"{PROJECT}/templates/shop/versions", content=bytes(ARCHIVE_BYTES + 1))
    assert_error(answer, 413, "BodyTooLarge")


async def test_an_expected_error_has_the_status_of_its_category(
    parts: Composed, subtests: pytest.Subtests
) -> None:
    class SomethingWrong(CantataError):
        pass

    @get("/fail", opt=OPEN)
    async def fail() -> None:
        raise SomethingWrong("it went wrong", subject="thing", hint="do it right")

    async with _with(parts.app, fail) as client:
        for category in Category:
            with subtests.test(category.value):
                SomethingWrong.category = category
                error = assert_error(await client.get("/fail"), STATUS[category], "SomethingWrong")
                assert (error["category"], error["subject"]) == (category, "thing")


async def test_a_defect_is_logged_under_an_id_and_tells_the_client_nothing_else(
    parts: Composed, caplog: pytest.LogCaptureFixture
) -> None:
    @get("/fail", opt=OPEN)
    async def fail() -> None:
        raise RuntimeError("the password is hunter2")

    with caplog.at_level(logging.ERROR, "cantata.api"):
        async with _with(parts.app, fail) as client:
            answer = await client.get("/fail")
    error = assert_error(answer, 500, "InternalError")
    assert "hunter2" not in answer.text
    number = error["hint"].rsplit(" ", 1)[-1].rstrip(".")
    assert any(number in record.getMessage() and record.exc_info for record in caplog.records)


async def test_an_internal_error_keeps_its_words_and_is_logged(
    parts: Composed, caplog: pytest.LogCaptureFixture
) -> None:
    @get("/fail", opt=OPEN)
    async def fail() -> None:
        raise BlobUnreadable("the key does not fit", subject="key")

    with caplog.at_level(logging.ERROR, "cantata.api"):
        async with _with(parts.app, fail) as client:
            error = assert_error(await client.get("/fail"), 500, "BlobUnreadable")
    assert error["message"] == "the key does not fit"
    assert caplog.records


def _with(app: Litestar, handler: Any) -> Http:
    app.register(handler)
    return in_process(app)
