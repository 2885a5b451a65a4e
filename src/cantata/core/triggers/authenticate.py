"""Whether a call comes from who holds the trigger's secret.

| kind | how |
|---|---|
| generic | Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature` |
| github | HMAC-SHA256 of the body in `X-Hub-Signature-256` |
| gitea | the same in `X-Gitea-Signature`, or as GitHub sends it |
| gitlab | the secret in `X-Gitlab-Token`, or Standard Webhooks with a signing token |
| harbor, distribution | the secret in `Authorization`, alone or behind `Bearer` |
| dockerhub | the secret in the query, as `token`: it sends nothing else that could be checked |

All comparisons take the same time for every wrong value.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cantata.core.model.triggers import TriggerKind
from cantata.core.triggers.errors import TriggerCallExpired, TriggerCallUnauthenticated

PREFIX = "whsec_"
TOLERANCE = 300
"""Seconds that the time of a signature may be away from ours."""
MAX_SIGNATURES = 10
MAX_DELIVERY = 200


@dataclass(frozen=True, slots=True)
class Call:
    """What came in. Names of headers are lower case; `token` stood in the query."""

    headers: Mapping[str, str]
    token: str
    body: bytes

    def header(self, *names: str) -> str:
        return next((self.headers[name] for name in names if self.headers.get(name)), "")


@dataclass(frozen=True, slots=True)
class Delivery:
    """Of an authentic call: the sender's id for it, empty where it gives none, and whether the signature
    covers that id. If not, whoever overheard a call could send it again under another id."""

    id: str
    signed: bool


def authenticate(kind: TriggerKind, secrets: Sequence[str], call: Call, now: float) -> Delivery:
    """Raises `TriggerCallUnauthenticated`, `TriggerCallExpired`."""
    delivery = _KINDS[kind](secrets, call, now)
    if delivery is None:
        raise unauthenticated()
    return delivery


def unauthenticated() -> TriggerCallUnauthenticated:
    return TriggerCallUnauthenticated(
        "there is no such trigger, or the call is not signed with its secret",
        subject="trigger",
        hint="See that address and secret are those of the trigger; `cantata trigger rotate-secret` makes a "
        "new one.",
    )


def signing_key(secret: str) -> bytes:
    """The bytes behind `whsec_`, in base64, as Standard Webhooks has it; else the text itself."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def sign(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """One signature of Standard Webhooks."""
    content = b"%s.%d.%s" % (id_.encode(), timestamp, body)
    digest = hmac.digest(signing_key(secret), content, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _standard(secrets: Sequence[str], call: Call, now: float) -> Delivery | None:
    id_, time = call.header("webhook-id"), call.header("webhook-timestamp")
    if not (0 < len(id_) <= MAX_DELIVERY and time.isascii() and time.isdecimal() and len(time) < 12):
        return None
    given = call.header("webhook-signature").split()[:MAX_SIGNATURES]
    expected = [sign(secret, id_, int(time), call.body) for secret in secrets]
    if not any(_same(one, other) for one in given for other in expected):
        return None
    if abs(now - int(time)) > TOLERANCE:
        raise TriggerCallExpired(
            f"the call was signed for {time}, which is more than {TOLERANCE} s away from now",
            subject="webhook-timestamp",
            hint="Sign a call when you send it; see that the clocks of both machines are right.",
        )
    return Delivery(id_, signed=True)


def _hmac_of(*names: str, id_: Sequence[str]) -> Callable[[Sequence[str], Call, float], Delivery | None]:
    """Hexadecimal HMACs of the body, with or without `sha256=` before them."""

    def check(secrets: Sequence[str], call: Call, _now: float) -> Delivery | None:
        given = call.header(*names).removeprefix("sha256=")
        expected = [hmac.new(secret.encode(), call.body, hashlib.sha256).hexdigest() for secret in secrets]
        same = any(_same(given, each) for each in expected)
        return Delivery(call.header(*id_), signed=False) if same else None

    return check


def _gitlab(secrets: Sequence[str], call: Call, now: float) -> Delivery | None:
    if call.header("webhook-signature"):
        return _standard(secrets, call, now)
    return _token("x-gitlab-token", "idempotency-key", "x-gitlab-event-uuid")(secrets, call, now)


def _token(name: str, *id_: str) -> Callable[[Sequence[str], Call, float], Delivery | None]:
    """The secret itself, in a header."""

    def check(secrets: Sequence[str], call: Call, _now: float) -> Delivery | None:
        given = call.header(name)
        scheme, _, rest = given.partition(" ")
        given = rest.strip() if scheme.lower() == "bearer" else given
        return Delivery(call.header(*id_), signed=False) if _any_same(given, secrets) else None

    return check


def _query(secrets: Sequence[str], call: Call, _now: float) -> Delivery | None:
    return Delivery("", signed=False) if _any_same(call.token, secrets) else None


def _any_same(given: str, secrets: Sequence[str]) -> bool:
    return any(_same(given, secret) for secret in secrets)


def _same(one: str, other: str) -> bool:
    """Of hashes, so that not even the length is told."""
    return hmac.compare_digest(
        hashlib.sha256(one.encode(errors="surrogateescape")).digest(), hashlib.sha256(other.encode()).digest()
    )


_KINDS: dict[TriggerKind, Callable[[Sequence[str], Call, float], Delivery | None]] = {
    TriggerKind.GENERIC: _standard,
    TriggerKind.GITHUB: _hmac_of("x-hub-signature-256", id_=("x-github-delivery",)),
    TriggerKind.GITEA: _hmac_of("x-gitea-signature", "x-hub-signature-256", id_=("x-gitea-delivery",)),
    TriggerKind.GITLAB: _gitlab,
    TriggerKind.HARBOR: _token("authorization"),
    TriggerKind.DISTRIBUTION: _token("authorization"),
    TriggerKind.DOCKERHUB: _query,
}
