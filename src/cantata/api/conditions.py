"""What requests carry beside their body: pages, ETags, idempotency keys.

IdempotencyKeyReused    the key came before with another request
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar
from weakref import WeakValueDictionary

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, QueryParameter, SkipValidation

from cantata.actions.ports import Ports
from cantata.api.errors import RequestInvalid
from cantata.contract.pages import Page as PageInfo
from cantata.core.model.access import Actor
from cantata.errors import CantataError, Category
from cantata.ports import Page, Store

T = TypeVar("T")
R = TypeVar("R")

ThePorts = NamedDependency[SkipValidation[Ports]]
TheActor = NamedDependency[SkipValidation[Actor]]
ThePage = NamedDependency[SkipValidation[Page]]


class IdempotencyKeyReused(CantataError):
    category = Category.CONFLICT


def provide_page(
    limit: Annotated[int, QueryParameter(ge=1, le=500, description="How many at most.")] = 100,
    after: Annotated[str, QueryParameter(max_length=200, description="The `next` of the page before.")] = "",
) -> Page:
    return Page(limit=limit, after=after)


def provide_actor(request: Request[Actor, Any, Any]) -> Actor:
    return request.user


def page_info(
    rows: Sequence[T], page: Page, wire: Callable[[T], R], cursor: Callable[[T], object]
) -> PageInfo[R]:
    """A full page may have a next one, which begins after the cursor of its last row."""
    full = len(rows) >= page.limit
    return PageInfo(tuple(wire(row) for row in rows), str(cursor(rows[-1])) if full else "")


def tagged(content: T, version: int, status: int = 200) -> Response[T]:
    """An answer with the ETag that an edit sends back as If-Match."""
    return Response(content, status_code=status, headers={"ETag": f'"{version}"'})


def provide_expected(
    if_match: Annotated[
        str, HeaderParameter(name="If-Match", description="The ETag of the answer that is edited.")
    ] = "*",
) -> int | None:
    """The version in If-Match; None when the header is absent or `*`. Raises `RequestInvalid`."""
    text = if_match.strip()
    if text == "*":
        return None
    number = text.strip('"')
    if not (number.isascii() and number.isdecimal() and len(number) < 18):
        raise RequestInvalid(
            f"If-Match {text[:40]!r} is not an ETag of this API",
            subject="If-Match",
            hint='Send the ETag of the answer that you edit, such as "3".',
        )
    return int(number)


class Answers:
    """The answers of requests that were done already, by their Idempotency-Key."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def lock(self, project: str, key: str) -> asyncio.Lock:
        return self._locks.setdefault((project, key), asyncio.Lock())

    async def find(self, project: str, key: str) -> tuple[str, bytes] | None:
        """The digest of the request and its answer."""
        return await self._store.read(lambda records: records.idempotency.find(project, key))

    async def put(self, project: str, key: str, digest: str, body: bytes) -> None:
        await self._store.write(lambda records: records.idempotency.put(project, key, digest, body))


class Once:
    """One request, which acts once however often it comes under its Idempotency-Key."""

    def __init__(self, answers: Answers, request: Request[Actor, Any, Any], project: str, key: str) -> None:
        self._answers = answers
        self._request = request
        self._project = project
        self._key = key

    async def __call__(self, kind: type[T], act: Callable[[], Awaitable[T]]) -> T:
        """Runs `act` unless the key already has an answer, a `kind`. Without a key it just runs.

        A request that fails leaves nothing behind, so that it can be tried again with the same key.
        Raises `IdempotencyKeyReused`, `RequestInvalid`.
        """
        if not self._key:
            return await act()
        if len(self._key) > 200:
            raise RequestInvalid(
                "the Idempotency-Key is longer than 200 characters", subject="Idempotency-Key"
            )
        async with self._answers.lock(self._project, self._key):
            digest = await _digest(self._request)
            known = await self._answers.find(self._project, self._key)
            if known is None:
                answer = await act()
                await self._answers.put(self._project, self._key, digest, msgspec.json.encode(answer))
                return answer
        if known[0] != digest:
            raise IdempotencyKeyReused(
                f"the Idempotency-Key {self._key[:80]} came before with another request",
                subject="Idempotency-Key",
                hint="Take a new key for a new request.",
            )
        return msgspec.json.decode(known[1], type=kind)


def provide_once(
    request: Request[Actor, Any, Any],
    answers: NamedDependency[SkipValidation[Answers]],
    project: FromPath[str],
    idempotency_key: Annotated[
        str, HeaderParameter(name="Idempotency-Key", description="A request that comes again acts once.")
    ] = "",
) -> Once:
    return Once(answers, request, project, idempotency_key)


async def _digest(request: Request[Actor, Any, Any]) -> str:
    """Who asks for what: the same key of another token is another request."""
    parts = (request.user.name, request.method, request.url.path, request.url.query)
    content = "\0".join(parts).encode() + b"\0" + await request.body()
    return hashlib.sha256(content).hexdigest()


TheOnce = NamedDependency[SkipValidation[Once]]
Expected = NamedDependency[SkipValidation[int | None]]
"""The version that an edit began with."""
