"""Tokens of registries, kept until they expire."""

from __future__ import annotations

import time
from collections import OrderedDict
from hashlib import sha256
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from cantata.charts.door import Door, check_status
from cantata.charts.http_repository import authorization
from cantata.core.model.market import Credentials
from cantata.core.repositories.addresses import shown
from cantata.core.repositories.errors import RepositoryAnswerInvalid, RepositoryLoginRefused
from cantata.core.repositories.registries import Challenge

SHORTEST = 60.0
"""Seconds that a token lives when its issuer does not say."""
LONGEST = 3600.0
EARLY = 5.0
KEPT = 512

Key = tuple[str, str, str]


class Issued(msgspec.Struct):
    token: str = ""
    access_token: str = ""
    expires_in: float | None = None


class Tokens:
    """By registry, credentials and scope. Credentials are kept as their hash."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[str, float]] = OrderedDict()

    @staticmethod
    def key(origin: str, credentials: Credentials, scope: str) -> Key:
        secret = "\0".join((credentials.username, credentials.password, credentials.token))
        return origin, sha256(secret.encode()).hexdigest(), scope

    def find(self, key: Key) -> str:
        token, until = self._kept.get(key, ("", 0.0))
        return token if time.monotonic() < until else ""

    def forget(self, key: Key) -> None:
        self._kept.pop(key, None)

    async def fetch(
        self, door: Door, registry: str, key: Key, challenge: Challenge, credentials: Credentials
    ) -> str:
        """Ask the issuer that a challenge names. A registry that speaks https cannot have us say a password
        in the clear. Raises `RepositoryLoginRefused`, `RepositoryAnswerInvalid`."""
        realm = urljoin(registry, challenge.realm)
        if urlsplit(registry).scheme == "https" and urlsplit(realm).scheme != "https":
            raise RepositoryAnswerInvalid(
                f"{shown(registry)} wants our credentials sent to {shown(realm)}, which is not https",
                subject="url",
            )
        wanted = [("service", challenge.service), *(("scope", each) for each in key[2].split(" "))]
        query = urlencode([pair for pair in wanted if pair[1]])
        url = f"{realm}{'&' if '?' in realm else '?'}{query}"
        basic = "" if credentials.token else authorization(credentials)
        answer = await door.get(url, longest=door.limits.answer_bytes, authorization=basic)
        check_status(answer, "a token")
        try:
            issued = msgspec.json.decode(answer.body, type=Issued)
        except msgspec.DecodeError as error:
            raise RepositoryAnswerInvalid(f"{shown(realm)} answers no token", subject="url") from error
        token = issued.token or issued.access_token
        if not token.isascii() or not token.isprintable() or not token:
            raise RepositoryLoginRefused(f"{shown(realm)} gives us no token", subject="credentials")
        self._keep(key, token, issued.expires_in or SHORTEST)
        return token

    def _keep(self, key: Key, token: str, seconds: float) -> None:
        self._kept[key] = (token, time.monotonic() + min(seconds, LONGEST) - EARLY)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
