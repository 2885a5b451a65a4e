"""Who asks, and may they: the one place where every route is guarded.

A route says what it needs in its `opt` (`opt=needs(Verb.READ, Noun.CONFIG)`); the guard of the whole
application asks for a token, finds its actor, and asks `authorise`. A route that says nothing is refused, so
that a forgotten word cannot open a door; `opt=OPEN` is for the two routes that anyone may ask. What is
`served` to other programs takes a token as the password of any user, too, and none where the project lets
everybody read its market.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import time
from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from cantata.actions.access import token_digest
from cantata.actions.audit import audit
from cantata.api.lasting import Refused
from cantata.core.decide.authorise import Forbidden, Noun, Verb, authorise
from cantata.core.model.access import Actor, Token
from cantata.errors import CantataError, Category
from cantata.ports import Store

log = logging.getLogger("cantata.api")

OPEN = {"open": True}

REMEMBER_SECONDS = 2.0
"""How long a token that was taken back may still work."""
REMEMBER = 1000
AGAIN_SECONDS = 10.0
"""How long an answer that lasts may go on after its token was taken back by another server."""


class TokenMissing(CantataError):
    category = Category.UNAUTHENTICATED


class TokenInvalid(CantataError):
    category = Category.UNAUTHENTICATED


class TokenExpired(CantataError):
    category = Category.UNAUTHENTICATED


def needs(verb: Verb, noun: Noun) -> dict[str, Any]:
    """The `opt` of a route."""
    return {"verb": verb, "noun": noun}


def served(verb: Verb, noun: Noun) -> dict[str, Any]:
    """The `opt` of a route for programs that know user and password alone, such as `helm`."""
    return {**needs(verb, noun), "served": True}


def refusal_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Refused:
    """For an answer that lasts: waits until its connection would be refused."""
    gate: Gate = connection.app.state.gate
    return partial(gate.refusal, connection, connection.scope["route_handler"])


class Gate:
    """The guard of all routes. Tokens are remembered for a moment, by digest; what lasts is asked for again
    every `again` seconds, and when a token was taken back."""

    def __init__(self, store: Store, again: float = AGAIN_SECONDS) -> None:
        self._store = store
        self.again = again
        self._taken_back = asyncio.Event()
        self._tokens: OrderedDict[str, tuple[float, Token]] = OrderedDict()

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Raises `TokenMissing`, `TokenInvalid`, `TokenExpired`, `Forbidden`."""
        if handler.opt.get("open"):
            return
        project = str(connection.path_params.get("project", ""))
        if handler.opt.get("served") and await self._is_public(connection, project):
            return
        actor = await self._authenticate(connection, basic=bool(handler.opt.get("served")))
        try:
            self._authorise(actor, handler, project)
        except Forbidden as error:
            await self._record(actor, handler, connection.url.path, error)
            raise
        connection.scope["user"] = actor

    async def refusal(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> CantataError:
        """Why it is refused from now on: its token was taken back, expired, or may less."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.again):
                    await self._taken_back.wait()
            try:
                await self(connection, handler)
            except CantataError as error:
                if error.category is not Category.UNAVAILABLE:  # A store that is away says nothing of it.
                    return error

    def forget(self) -> None:
        """After a token was taken back by this server, it ends at once."""
        self._tokens.clear()
        self._taken_back.set()
        self._taken_back = asyncio.Event()

    def _authorise(self, actor: Actor, handler: BaseRouteHandler, project: str) -> None:
        if "verb" not in handler.opt:
            raise Forbidden("nobody may do this", subject="route")
        authorise(actor, handler.opt["verb"], handler.opt["noun"], project)

    async def _is_public(self, connection: ASGIConnection[Any, Any, Any, Any], project: str) -> bool:
        """Whoever shows a token is asked for it also there: a wrong one must not seem to work."""
        if connection.headers.get("authorization"):
            return False
        return await self._store.read(lambda records: records.publications.is_public(project))

    async def _authenticate(
        self, connection: ASGIConnection[Any, Any, Any, Any], *, basic: bool = False
    ) -> Actor:
        scheme, _, text = connection.headers.get("authorization", "").partition(" ")
        if basic and scheme.lower() == "basic":
            scheme, text = "bearer", password_of(text)
        if scheme.lower() != "bearer" or not text.strip():
            raise TokenMissing(
                "this needs a token",
                subject="token",
                hint="Send `Authorization: Bearer TOKEN`; the command line gets one by `cantata login`.",
            )
        token = await self._find(token_digest(text.strip()))
        if token is None:
            raise TokenInvalid(
                "this token is not known here", subject="token", hint="Ask an administrator for a new one."
            )
        if token.expires_at and datetime.fromisoformat(token.expires_at) <= datetime.now(UTC):
            raise TokenExpired(
                f"token {token.name} expired at {token.expires_at}",
                subject=f"token {token.name}",
                hint="Ask an administrator for a new one.",
            )
        return Actor(name=token.name, project=token.project, role=token.role)

    async def _find(self, digest: str) -> Token | None:
        known = self._tokens.get(digest)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        token = await self._store.read(lambda records: records.access.find_token(digest))
        self._tokens.pop(digest, None)
        if token is not None:
            self._tokens[digest] = (time.monotonic() + REMEMBER_SECONDS, token)
            if len(self._tokens) > REMEMBER:
                self._tokens.popitem(last=False)
        return token

    async def _record(self, actor: Actor, handler: BaseRouteHandler, path: str, error: Forbidden) -> None:
        """Leaves the refusal in the audit list of the actor's own project."""
        verb = f"{handler.opt.get('verb', 'use')} refused"
        noun = str(handler.opt.get("noun", "route"))
        log.warning("refused: %s", error.message)
        await self._store.write(
            lambda records: audit(records, actor, actor.project, verb, noun, path[:200], error.message[:200])
        )


def password_of(text: str) -> str:
    """Of the credentials of HTTP's basic scheme; empty for what is none."""
    try:
        return base64.b64decode(text.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
